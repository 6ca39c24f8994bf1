import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { makeWithParents, privateDirectory } from './private-directory.js';
import { SettingsError } from './settings-error.js';

/** Longest path of a unix socket: `sun_path` has 104 bytes on macOS, one of them the final NUL. */
export const MAX_SOCKET_PATH_BYTES = 103;

/** What stands behind the directory in the longest socket path: an agent id and `egress.sock`. */
const LONGEST_TAIL = '/00000000-0000-4000-8000-000000000000/egress.sock';

/** What decides the default place. */
export interface RuntimePlace {
  readonly configured: string | undefined;
  readonly storageRoot: string;
  readonly uid: number;
  readonly platform: NodeJS.Platform;
  readonly xdgRuntimeDir: string | undefined;
}

/**
 * Gives the directory of the socket directories (ARCHITECTURE section 7): as configured, else `/run/clawforce/<hash>` as
 * root, `$XDG_RUNTIME_DIR/clawforce-<hash>`, or `/tmp/clawforce-<uid>-<hash>`. The hash of the storage root keeps two
 * installations of one user apart. Throws SettingsError when a socket in it would have too long a path.
 */
export function runtimeDirectory(place: RuntimePlace): string {
  const hash = createHash('sha256').update(place.storageRoot).digest('hex').slice(0, 12);
  if (place.configured !== undefined) {
    if (fits(place.configured)) return place.configured;
    throw new SettingsError('AGENT_RUNTIME_DIR', `at most ${MAX_BYTES} bytes, so that sockets fit in it`);
  }
  const candidates = [
    ...(place.uid === 0 && place.platform === 'linux' ? [`/run/clawforce/${hash}`] : []),
    ...(place.uid !== 0 && place.xdgRuntimeDir?.startsWith('/') === true
      ? [join(place.xdgRuntimeDir, `clawforce-${hash}`)]
      : []),
    `/tmp/clawforce-${String(place.uid)}-${hash}`,
  ];
  return candidates.find(fits) ?? `/tmp/clawforce-${hash}`;
}

const MAX_BYTES = MAX_SOCKET_PATH_BYTES - LONGEST_TAIL.length;

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_BYTES;
}

/** Makes the directory 0700 or verifies that the one there is ours alone; refuses otherwise. */
export function prepareRuntimeDirectory(path: string): void {
  if (path.startsWith('/run/clawforce/')) {
    try {
      // Shared by the installations of root: others may pass, nobody else may write.
      makeWithParents('/run/clawforce', 0o755);
    } catch (error) {
      throw new SettingsError('AGENT_RUNTIME_DIR', '/run/clawforce cannot be made', { cause: error });
    }
  }
  privateDirectory(path, 'AGENT_RUNTIME_DIR');
}
