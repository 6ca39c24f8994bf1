import { posix } from 'node:path';
import { createBwrapConfiner } from './bwrap-confiner.js';
import type { Confiner, Guarantee } from './confiner.js';
import { createLandlockConfiner } from './landlock-confiner.js';
import { type LandlockOptions, probeLandlock } from './landlock-probe.js';
import { canLimit, limitedByShell } from './limited-by-shell.js';
import { probeBwrap } from './probe-confiners.js';
import { RunError } from './run-error.js';

/** What {@link createConfiner} takes. */
export interface ConfinerOptions {
  /**
   * `auto` takes bubblewrap where it works, else Landlock, and never `none`; `none` confines nothing, sets limits only, and
   * must be asked for. The confiner, and every result, names its backend and what it guarantees.
   */
  readonly backend?: 'auto' | 'bwrap' | 'landlock' | 'none' | undefined;
  /** Absolute directories with tools (each with a `bin/`) that commands may read, for example a Node installation. */
  readonly toolDirectories?: readonly string[] | undefined;
  /** For the backend `landlock`. */
  readonly landlock?: LandlockOptions | undefined;
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
  if (!['auto', 'bwrap', 'landlock'].includes(backend)) {
    throw new TypeError('option "backend" must be auto, bwrap, landlock or none');
  }
  const missing: string[] = [];
  if (backend !== 'landlock') {
    const { detail, features } = await probeBwrap();
    if (features) return createBwrapConfiner(features, tools);
    missing.push(detail);
  }
  if (backend !== 'bwrap') {
    const { detail, features } = probeLandlock(options.landlock);
    const ownContainer = options.landlock?.ownContainer ?? false;
    if (features) return createLandlockConfiner(features, { toolDirectories: tools, ownContainer });
    missing.push(detail);
  }
  throw new RunError('CONFINER_UNAVAILABLE', `No working confiner: ${missing.join('; ')}.`);
}

function unconfined(tools: readonly string[]): Confiner {
  // Decided once: what is promised here is what each launch does.
  const limiting = canLimit();
  const guarantees: readonly Guarantee[] = [
    'environment-cleared',
    ...(limiting ? (['file-size-limited', 'cpu-time-limited'] as const) : []),
  ];
  return {
    backend: 'none',
    confined: false,
    guarantees,
    path: tools.map((directory) => `${directory}/bin`),
    launch(plan, { network, limits }) {
      if (network !== 'host') {
        throw new RunError(
          'NETWORK_UNSUPPORTED',
          'the backend "none" cannot limit the network; ask for network "host"',
        );
      }
      const [file, ...args] = limiting ? limitedByShell(plan.argv, limits) : plan.argv;
      return {
        file,
        args,
        cwd: plan.cwd,
        descriptors: [],
        guarantees,
        tidy: () => undefined,
      };
    },
  };
}
