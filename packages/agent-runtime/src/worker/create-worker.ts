import { isAbsolute, join } from 'node:path';
import { AgentFS } from '@clawforce/policy-fs';
import { openFileOutbox } from '../journal/file-outbox.js';
import { AgentRuntime } from './agent-runtime.js';
import { giveOwnerAccess } from './owner-access.js';
import type { Worker, WorkerOptions } from './worker-options.js';

/** The worker's own corner of the agent directory; tools never see it. */
const STATE_ZONES = [{ name: '.state', mode: 'rw' }] as const;

/**
 * Gives a worker for one agent: link, gate, tools and loop in one (CONTRACT section 4).
 *
 * @throws TypeError naming the bad option.
 */
export function createWorker(options: WorkerOptions): Worker {
  if (typeof (options.agentRoot as unknown) !== 'string' || !isAbsolute(options.agentRoot)) {
    throw new TypeError('option "agentRoot" must be an absolute path');
  }
  if (typeof (options.confiner as unknown) !== 'object' || (options.confiner as unknown) === null) {
    throw new TypeError('option "confiner" must be a confiner, or { unavailable: reason }');
  }
  let started = false;
  return {
    async run(signal) {
      if (started) throw new Error('a worker runs once');
      started = true;
      const stateDirectory = join(options.agentRoot, '.state');
      await giveOwnerAccess(join(options.agentRoot, 'workspace'));
      await giveOwnerAccess(stateDirectory);
      const platform = { allowDetectOnly: options.allowDetectOnly ?? false };
      const fs = await AgentFS.open(options.agentRoot, platform);
      try {
        const state = await AgentFS.open(options.agentRoot, {
          zones: STATE_ZONES,
          durable: true,
          // The journal is read as a whole, and may be larger than what waits in it.
          maxReadBytes: 128 * 1024 * 1024,
          ...platform,
        });
        try {
          const outbox = await openFileOutbox(state, {
            repair: async (journal) => {
              await giveOwnerAccess(stateDirectory);
              await giveOwnerAccess(join(options.agentRoot, journal));
            },
          });
          return await new AgentRuntime(options, fs, outbox).run(signal);
        } finally {
          await state.close();
        }
      } finally {
        await fs.close();
      }
    },
  };
}
