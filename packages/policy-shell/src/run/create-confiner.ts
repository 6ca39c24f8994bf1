import { posix } from 'node:path';
import { createBwrapConfiner } from './bwrap-confiner.js';
import type { Confiner } from './confiner.js';
import { probeBwrap } from './probe-confiners.js';
import { RunError } from './run-error.js';

/** What {@link createConfiner} takes. */
export interface ConfinerOptions {
  /** `auto` takes the best backend that works and never `none`; `none` confines nothing and must be asked for. */
  readonly backend?: 'auto' | 'bwrap' | 'none' | undefined;
  /** Absolute directories with tools (each with a `bin/`) that commands may read, for example a Node installation. */
  readonly toolDirectories?: readonly string[] | undefined;
}

/**
 * Gives a confiner that has been probed by running a command in it.
 *
 * @throws RunError `CONFINER_UNAVAILABLE` that says what is missing. There is no silent downgrade.
 * @throws TypeError that names a bad option.
 */
export async function createConfiner(options: ConfinerOptions = {}): Promise<Confiner> {
  const backend = options.backend ?? 'auto';
  const tools = options.toolDirectories ?? [];
  if (!tools.every((directory) => posix.isAbsolute(directory))) {
    throw new TypeError('option "toolDirectories" must hold absolute paths');
  }
  if (backend === 'none') return unconfined(tools);
  if (!['auto', 'bwrap'].includes(backend))
    throw new TypeError('option "backend" must be auto, bwrap or none');
  const { works, detail, features } = await probeBwrap();
  if (!works || !features) throw new RunError('CONFINER_UNAVAILABLE', `No working confiner: ${detail}.`);
  return createBwrapConfiner(features, tools);
}

function unconfined(tools: readonly string[]): Confiner {
  return {
    backend: 'none',
    confined: false,
    guarantees: ['environment-cleared'],
    path: tools.map((directory) => `${directory}/bin`),
    launch(plan, { network }) {
      if (network !== 'host') {
        throw new RunError(
          'NETWORK_UNSUPPORTED',
          'the backend "none" cannot limit the network; ask for network "host"',
        );
      }
      const [file, ...args] = plan.argv;
      return {
        file,
        args,
        cwd: plan.cwd,
        descriptors: [],
        guarantees: ['environment-cleared'],
        tidy: () => undefined,
      };
    },
  };
}
