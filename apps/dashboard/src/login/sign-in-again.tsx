import { FocusScope } from 'react-aria/FocusScope';
import { Dialog, Modal, ModalOverlay } from 'react-aria-components';
import { EntryFrame } from '../app/entry-frame.js';
import { Notice } from '../components/notice.js';
import { SignInForm } from './sign-in-form.js';
import styles from './sign-in-again.module.css';

/**
 * Lies over everything while the session of a page has ended. What is below, open dialogs included, is inert, cannot be
 * seen, and keeps its state; afterwards the focus goes back to where it was.
 */
export function SignInAgain() {
  return (
    <ModalOverlay isOpen isKeyboardDismissDisabled className={styles['overlay'] ?? ''}>
      <Modal>
        <Dialog aria-label="Sign in" className={styles['dialog'] ?? ''}>
          {/* A dialog below is no part of this one, and would take the focus back. */}
          <FocusScope autoFocus contain>
            <EntryFrame title="Sign in">
              <Notice tone="info" title="Your session has ended.">
                <p>
                  Sign in to come back to where you were. What you typed is still there; reload the page to
                  drop it.
                </p>
              </Notice>
              <SignInForm />
            </EntryFrame>
          </FocusScope>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
