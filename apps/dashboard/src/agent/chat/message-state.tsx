import type { Message } from '../../api/api-types.js';
import { InertText } from '../../components/inert-text.js';
import { Notice } from '../../components/notice.js';
import { CancelTurn } from './cancel-turn.js';
import styles from './chat.module.css';

/** Whether the agent still has to answer. */
export function isOpen({ state }: Message): boolean {
  return state === 'queued' || state === 'delivered';
}

/** Where the latest message stands, when that is not the answer itself. */
export function MessageState({
  agentId,
  message,
  agentStatus,
}: {
  readonly agentId: string;
  readonly message: Message;
  readonly agentStatus: string;
}) {
  switch (message.state) {
    case 'queued':
      return (
        <p className={styles['state']} role="status">
          {agentStatus === 'running' ? 'Waiting for the agent …' : 'Waits until the agent runs.'}
        </p>
      );
    case 'delivered':
      return (
        <div className={styles['working']}>
          <p className={styles['state']} role="status">
            The agent is working …
          </p>
          <CancelTurn key={message.id} agentId={agentId} sessionKey={message.session_key} />
        </div>
      );
    case 'failed':
      return (
        <Notice tone="bad" title="The agent could not answer.">
          {message.error && (
            <p>
              <InertText text={message.error.message} /> <code>{message.error.code}</code>
            </p>
          )}
        </Notice>
      );
    case 'interrupted':
      return (
        <Notice tone="warn" title="The answer was interrupted.">
          <p>The worker ended or the turn was cancelled. Send the message again to repeat it.</p>
        </Notice>
      );
    case 'done':
      return null;
  }
}
