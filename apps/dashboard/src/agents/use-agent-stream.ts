import { useQueryClient } from '@tanstack/react-query';
import { readAgain } from '../app/read-again.js';
import { useAgentFrames } from './use-agent-frames.js';
import { putAgent } from './use-fleet-stream.js';

/** Parts of an agent that `status` frames speak of: they come after a change of the settings, too, by whomever. */
const SETTINGS = ['config', 'variables'];

/**
 * Keeps what the cache has of an agent as the server has it. It stands once, above all pages of the agent; what else they
 * hear is `useAgentFrames`.
 */
export function useAgentStream(agentId: string): void {
  const queries = useQueryClient();
  const read = (...parts: readonly string[]): void => {
    for (const part of parts) void readAgain(queries, ['agent', agentId, part]);
  };
  const readAgent = (): void => void readAgain(queries, ['agent', agentId], true);
  useAgentFrames(agentId, {
    onStatus: (agent) => {
      putAgent(queries, agent);
      read(...SETTINGS);
    },
    onMessage: ({ session_key: key }) => {
      const known = queries.getQueryData<readonly { session_key: string }[]>(['agent', agentId, 'sessions']);
      // A conversation that somebody has begun. It is listed once there is an entry of it, which a later frame follows.
      if (known && !known.some((one) => one.session_key === key)) read('sessions');
    },
    onRemoved: readAgent,
    onGap: () => void readAgain(queries, ['agent', agentId]),
    // Status and messages are told once, to whoever listens then.
    onResume: () => {
      readAgent();
      read(...SETTINGS, 'messages', 'sessions');
    },
  });
}
