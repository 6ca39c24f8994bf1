import { SendHorizontal } from 'lucide-react';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { refusalFor } from '../../api/api-failure.js';
import type { Agent } from '../../api/api-types.js';
import { placeIssues } from '../../api/place-issues.js';
import { Button } from '../../components/button.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { TextField } from '../../components/text-field.js';
import { UnsavedGuard } from '../../components/unsaved-guard.js';
import styles from './chat.module.css';

const FIELDS = [{ pointer: '/text', label: 'Message' }];
/** The message is more than one may have, or than a request. */
const TOO_LONG = ['MESSAGE_TOO_LARGE', 'PAYLOAD_TOO_LARGE'];

/** The box for the next message. What was typed stays until the server has taken it. */
export function Composer({
  agent,
  isPending,
  error,
  onSend,
}: {
  readonly agent: Agent;
  readonly isPending: boolean;
  readonly error: unknown;
  readonly onSend: (text: string) => Promise<void>;
}) {
  const [text, setText] = useState('');
  const [sending, setSending] = useState('');
  const issues = placeIssues(error, FIELDS);
  const tooLong = refusalFor(error, TOO_LONG);
  const canSend = text.trim() !== '' && !isPending;
  const submit = async (): Promise<void> => {
    if (!canSend) return;
    setSending(text);
    await onSend(text).then(
      // What was typed while the answer was on its way is another message.
      () => setText((now) => (now === text ? '' : now)),
      () => undefined,
    );
    setSending('');
  };
  return (
    <Form
      className={styles['composer'] ?? ''}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <UnsavedGuard isDirty={text.trim() !== '' && text !== sending} what="the message" />
      {error !== null && error !== undefined && tooLong === undefined && (
        <FailureNotice error={error} placed={issues} />
      )}
      <div className={styles['composerRow']}>
        <TextField
          label="Message"
          rows={3}
          value={text}
          onChange={setText}
          error={tooLong ?? issues.at('/text')}
          announce={tooLong !== undefined}
          description={
            agent.status === 'running'
              ? 'Enter sends, Shift+Enter begins a new line.'
              : 'The agent does not run; start it to talk to it.'
          }
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            void submit();
          }}
        />
        <Button
          kind="primary"
          type="submit"
          icon={<SendHorizontal aria-hidden="true" />}
          isPending={isPending}
          isDisabled={!canSend}
        >
          Send
        </Button>
      </div>
    </Form>
  );
}
