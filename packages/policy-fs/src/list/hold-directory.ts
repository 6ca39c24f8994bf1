import { AgentFSError } from '../errors/agent-fs-error.js';
import type { Call } from '../audit/call.js';
import type { FsContext } from '../fs-context.js';
import type { Dir } from '../walk/backend.js';
import type { PinnedZone } from '../walk/pinned-root.js';
import type { ZonePath } from '../walk/locate.js';

/** A directory that is held for listing. */
export interface HeldDirectory {
  readonly dir: Dir;
  readonly path: string;
  readonly zone: PinnedZone;
  release(): void;
}

/** Holds the directory that a path means, links followed. */
export function holdDirectory({ locator }: FsContext, call: Call, gated: ZonePath): HeldDirectory {
  const held = locator.holdExisting(gated, { followLast: true });
  try {
    call.reached(held.path, held.entry);
    const { entry, zone, path, parent } = held;
    if (!entry) return { dir: parent, path, zone, release: () => held.release() };
    if (entry.kind !== 'directory') throw new AgentFSError('NOT_A_DIRECTORY');
    const dir = entry.asDir();
    return {
      dir,
      path,
      zone,
      release() {
        dir.close();
        held.release();
      },
    };
  } catch (error) {
    held.release();
    throw error;
  }
}
