import { createConfiner, RunError, type Confiner } from '@clawforce/policy-shell/run';
import type { Log } from './json-log.js';

/**
 * How a worker is told to confine commands (`AGENT_CONFINER`). `auto`: bubblewrap where it works, else Landlock.
 * `container`: Landlock, in a container that belongs to this agent alone, where user namespaces are refused. `none`: the
 * level gives commands no walls of their own; then `exec` still needs the control plane to have said so.
 */
export const CONFINER_CHOICES = ['auto', 'bwrap', 'landlock', 'container', 'none'] as const;

/** One of {@link CONFINER_CHOICES}. */
export type ConfinerChoice = (typeof CONFINER_CHOICES)[number];

/** Gives a confiner that was probed by running a command in it, or why there is none: then `exec` is refused with it. */
export async function chooseConfiner(
  choice: ConfinerChoice,
  log: Log,
): Promise<Confiner | { readonly unavailable: string }> {
  if (choice === 'none') return { unavailable: 'this worker was started without a confiner for commands.' };
  try {
    const confiner = await createConfiner(
      choice === 'container'
        ? { backend: 'landlock', landlock: { ownContainer: true } }
        : { backend: choice },
    );
    log('info', 'commands are confined', { backend: confiner.backend, guarantees: confiner.guarantees });
    return confiner;
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    log('warn', 'commands cannot be confined here; exec will be refused', { reason: error.message });
    return { unavailable: error.message };
  }
}
