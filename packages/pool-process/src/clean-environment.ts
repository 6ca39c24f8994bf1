import { dirname, join } from 'node:path';
import type { WorkerSpec } from '@clawforce/pool-core';

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Gives the complete environment of a worker: `PATH`, `HOME` and `LANG` of the pool's own making, then what the
 * specification says. Nothing of the control plane's environment is in it (../research/pools.md flaw 17).
 */
export function cleanEnvironment(spec: WorkerSpec, path?: string): Record<string, string> {
  return {
    // The directory of this Node comes first, so that a worker finds the same one by name.
    PATH: path ?? `${dirname(process.execPath)}:${SYSTEM_PATH}`,
    HOME: join(spec.agentRoot, 'workspace'),
    LANG: 'C.UTF-8',
    ...spec.env,
  };
}
