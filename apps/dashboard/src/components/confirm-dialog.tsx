import { useState, type ReactNode } from 'react';
import { Form } from 'react-aria-components';
import { Button } from './button.js';
import { Dialog, DialogActions } from './dialog.js';
import { FailureNotice } from './failure-notice.js';
import { inertString } from './inert-parts.js';
import { TextField } from './text-field.js';

/**
 * Asks before something that cannot be undone, runs it, and shows its failure in place. With `typeToConfirm` the person
 * has to type that text first.
 */
export function ConfirmDialog({
  title,
  isOpen,
  onClose,
  confirmLabel,
  typeToConfirm,
  onConfirm,
  children,
}: {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly confirmLabel: string;
  readonly typeToConfirm?: string;
  readonly onConfirm: () => Promise<unknown>;
  readonly children: ReactNode;
}) {
  const [typed, setTyped] = useState('');
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  // A name with a character that nobody can type is typed as it is shown.
  const shown = inertString(typeToConfirm ?? '');
  const ready = typeToConfirm === undefined || typed === typeToConfirm || typed === shown;

  const close = (): void => {
    setTyped('');
    setError(undefined);
    onClose();
  };
  const confirm = async (): Promise<void> => {
    if (!ready || isPending) return;
    setPending(true);
    setError(undefined);
    try {
      await onConfirm();
      close();
    } catch (failure) {
      setError(failure);
    } finally {
      setPending(false);
    }
  };
  return (
    <Dialog title={title} isOpen={isOpen} onClose={close} alert>
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        <div>{children}</div>
        {typeToConfirm !== undefined && (
          <TextField
            label={`Type "${shown}" to confirm`}
            value={typed}
            onChange={setTyped}
            autoComplete="off"
            autoFocus
          />
        )}
        {error !== undefined && <FailureNotice error={error} />}
        <DialogActions>
          <Button onPress={close}>Cancel</Button>
          <Button kind="danger" type="submit" isPending={isPending} isDisabled={!ready}>
            {confirmLabel}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
