import { PoolError } from '@clawforce/pool-core';
import type { WorkerSpec } from '@clawforce/pool-core';
import { constants } from 'node:fs';
import { chmod, lchown, mkdir, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { ownedDirectories, zoneDirectories } from './worker-mounts.js';
import { walkTree } from './walk-tree.js';

/** Numeric owner of a worker and of what it may see. */
export interface WorkerUser {
  readonly uid: number;
  readonly gid: number;
}

/** Linux: a descriptor that needs no right of what it names; Node has no name for it. */
const O_PATH = 0o10000000;
const DIRECTORY = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Gives a zone as it stands there, so that what is done to it later is done to nothing else. */
async function openZone(path: string): Promise<FileHandle> {
  return open(path, DIRECTORY).catch((error: unknown) => {
    if (!['ENOTDIR', 'ELOOP'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
    throw new PoolError('SPEC_INVALID', `agentRoot: ${path} is not a directory`, {
      key: 'agentRoot',
      cause: error,
    });
  });
}

/** An agent may have closed a zone, and its next worker could not open it again by itself. */
async function openToOwner(zone: FileHandle, path: string): Promise<void> {
  const { mode, uid } = await zone.stat();
  const self = process.getuid?.() ?? 0;
  const mine = self === 0 || uid === self;
  // A privileged worker is root and may leave it so; without root nobody here can take it back.
  if (!mine && (mode & 0o005) !== 0o005)
    throw new PoolError('START_FAILED', `${path} belongs to uid ${uid}, which has closed it`, {
      fix: `give it back: sudo chown -R ${self} ${path}`,
    });
  if (mine && (mode & 0o700) !== 0o700) await chmod(`/proc/self/fd/${zone.fd}`, (mode & 0o777) | 0o700);
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
    const zone = await openZone(path);
    try {
      await openToOwner(zone, path);
    } finally {
      await zone.close();
    }
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
