import { useBlocker } from '@tanstack/react-router';
import { Button } from './button.js';
import { Dialog, DialogActions } from './dialog.js';

const ALWAYS = (): boolean => true;

/**
 * Asks before another page, file or section takes the place of what was typed and not saved. Closing the tab and loading
 * it anew are not asked about: a tab that starts over for another person must not wait for an answer.
 */
export function UnsavedGuard({ isDirty, what }: { readonly isDirty: boolean; readonly what: string }) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ALWAYS,
    enableBeforeUnload: false,
    disabled: !isDirty,
    withResolver: true,
  });
  if (status !== 'blocked') return null;
  return (
    <Dialog title="Leave without saving?" isOpen onClose={reset} alert>
      <p>What you changed in {what} is not saved. It is gone when you leave.</p>
      <DialogActions>
        <Button onPress={reset}>Stay here</Button>
        <Button kind="danger" onPress={proceed}>
          Leave and drop it
        </Button>
      </DialogActions>
    </Dialog>
  );
}
