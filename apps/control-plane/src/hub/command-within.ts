import { randomUUID } from 'node:crypto';
import type { CommandBody, CommandReport } from '@clawforce/protocol';
import { ApiError } from '../errors/api-error.js';
import type { LinkHub } from './link-hub.js';

/** How long the giver of a command waits for its end. */
export interface CommandPatience {
  readonly withinMs: number;
  /** Ends the waiting sooner: the caller left. */
  readonly signal?: AbortSignal;
  /** Called with the command's id when it is given up; the worker may still be busy with it. */
  readonly onGivenUp?: (commandId: string) => void;
}

/**
 * Gives the terminal report of a command, for no longer than its giver waits. A command that is given up is forgotten: it
 * is not sent to a worker that comes back.
 * @throws ApiError AGENT_TIMEOUT, NotConnectedError, CommandInterruptedError
 */
export function commandWithin(
  hub: LinkHub,
  agentId: string,
  body: CommandBody,
  patience: CommandPatience,
): Promise<CommandReport> {
  const { withinMs, signal, onGivenUp } = patience;
  const id = randomUUID();
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new ApiError('AGENT_TIMEOUT', 'The caller went away.'));
      return;
    }
    const session = hub.session(agentId);
    const giveUp = (why: string): void => {
      settled();
      reject(
        new ApiError('AGENT_TIMEOUT', why, { fix: 'Try again; restart the agent if it does not answer.' }),
      );
      session?.forget(id, why);
      onGivenUp?.(id);
    };
    const late = setTimeout(
      () => giveUp(`The worker did not answer within ${withinMs / 1000} seconds.`),
      withinMs,
    );
    const gone = (): void => giveUp('The caller went away.');
    const settled = (): void => {
      clearTimeout(late);
      signal?.removeEventListener('abort', gone);
    };
    signal?.addEventListener('abort', gone, { once: true });
    hub.command(agentId, body, { id }).finally(settled).then(resolve, reject);
  });
}
