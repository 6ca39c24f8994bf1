import { PoolError } from '@clawforce/pool-core';
import type { WorkerSpec } from '@clawforce/pool-core';
import { chmod, lchown, lstat, mkdir } from 'node:fs/promises';
import { ownedDirectories, zoneDirectories } from './worker-mounts.js';
import { walkTree } from './walk-tree.js';

/** Numeric owner of a worker and of what it may see. */
export interface WorkerUser {
  readonly uid: number;
  readonly gid: number;
}

/** Gives a directory and everything in it to a user. A link is given itself, never what it names. */
async function own(root: string, user: WorkerUser): Promise<void> {
  await walkTree(root, {
    changing: false,
    visit: async (path, found) => {
      // A change of owner also takes set-user-id bits away, whoever left them.
      if (Number(found.uid) !== user.uid || Number(found.gid) !== user.gid)
        await lchown(path, user.uid, user.gid);
    },
  });
}

/**
 * Makes the zones that are missing and gives what the worker may see to its user. Call it while no worker of the
 * agent runs: the tree has no other writer then, and no link is followed.
 *
 * @throws PoolError `START_FAILED` when the owner cannot be changed, `SPEC_INVALID` when a zone is no directory.
 */
export async function prepareDirectories(
  spec: Pick<WorkerSpec, 'agentRoot'>,
  user: WorkerUser,
  mayChown: boolean,
): Promise<void> {
  for (const path of zoneDirectories(spec.agentRoot)) {
    await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOSPC' || code === 'EDQUOT') {
        throw new PoolError('START_FAILED', `the disk is full: ${path} cannot be made`, {
          fix: 'free space or inodes on the file system of the storage root',
          cause: error,
        });
      }
      if (code !== 'EEXIST') {
        throw new PoolError('SPEC_INVALID', `agentRoot: ${path} cannot be made`, {
          key: 'agentRoot',
          cause: error,
        });
      }
    });
    const found = await lstat(path);
    if (!found.isDirectory()) {
      throw new PoolError('SPEC_INVALID', `agentRoot: ${path} is not a directory`, { key: 'agentRoot' });
    }
    // An agent may have closed it, and its next worker could not open it again by itself.
    const mine = [0, found.uid].includes(process.getuid?.() ?? -1);
    if (mine && (found.mode & 0o700) !== 0o700) await chmod(path, (found.mode & 0o777) | 0o700);
  }
  if (!mayChown) return;
  try {
    await lchown(spec.agentRoot, user.uid, user.gid);
    for (const path of ownedDirectories(spec.agentRoot)) await own(path, user);
  } catch (error) {
    if (error instanceof PoolError) throw error;
    throw new PoolError('START_FAILED', `the files of the agent cannot be given to uid ${user.uid}`, {
      key: 'user',
      fix: "run the control plane as root, or leave out the agent's own user",
      cause: error,
    });
  }
}
