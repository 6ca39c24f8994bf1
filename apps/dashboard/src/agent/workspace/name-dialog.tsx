import { useState } from 'react';
import { Form } from 'react-aria-components';
import { placeIssues } from '../../api/place-issues.js';
import { Button } from '../../components/button.js';
import { Dialog, DialogActions } from '../../components/dialog.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { TextField } from '../../components/text-field.js';

/** Asks for a name or path; stays open with what was typed when the server refuses it. */
export function NameDialog({
  title,
  label,
  initial,
  action,
  onClose,
  onSubmit,
}: {
  readonly title: string;
  readonly label: string;
  readonly initial: string;
  readonly action: string;
  readonly onClose: () => void;
  readonly onSubmit: (value: string) => Promise<void>;
}) {
  const [value, setValue] = useState(initial);
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  // There is one field, so whatever is wrong is wrong there.
  const issues = placeIssues(error, [{ pointer: '', label, isWhole: true }]);
  const isReady = value !== '' && value !== initial && !isPending;
  const submit = async (): Promise<void> => {
    if (!isReady) return;
    setPending(true);
    setError(undefined);
    try {
      await onSubmit(value);
      onClose();
    } catch (failure) {
      setError(failure);
      setPending(false);
    }
  };
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField
          label={label}
          value={value}
          onChange={setValue}
          error={issues.at('')}
          code
          autoComplete="off"
          autoFocus
        />
        {error !== undefined && <FailureNotice error={error} placed={issues} />}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={isPending} isDisabled={!isReady}>
            {action}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
