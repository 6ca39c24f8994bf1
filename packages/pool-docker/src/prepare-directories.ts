import { PoolError } from '@clawforce/pool-core';
import type { WorkerSpec } from '@clawforce/pool-core';
import type { Stats } from 'node:fs';
import { lchown, lstat, mkdir, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { ownedDirectories, zoneDirectories } from './worker-mounts.js';

/** Numeric owner of a worker and of what it may see. */
export interface WorkerUser {
  readonly uid: number;
  readonly gid: number;
}

async function ownEntry(path: string, user: WorkerUser): Promise<Stats> {
  const found = await lstat(path);
  // A change of owner also takes set-user-id bits away, whoever left them.
  if (found.uid !== user.uid || found.gid !== user.gid) await lchown(path, user.uid, user.gid);
  return found;
}

async function ownTree(path: string, user: WorkerUser): Promise<void> {
  const found = await ownEntry(path, user);
  if (!found.isDirectory()) return;
  for await (const entry of await opendir(path)) await ownTree(join(path, entry.name), user);
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
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new PoolError('SPEC_INVALID', `agentRoot: ${path} cannot be made`, {
          key: 'agentRoot',
          cause: error,
        });
      }
    });
    if (!(await lstat(path)).isDirectory()) {
      throw new PoolError('SPEC_INVALID', `agentRoot: ${path} is not a directory`, { key: 'agentRoot' });
    }
  }
  if (!mayChown) return;
  try {
    await ownEntry(spec.agentRoot, user);
    for (const path of ownedDirectories(spec.agentRoot)) await ownTree(path, user);
  } catch (error) {
    throw new PoolError('START_FAILED', `the files of the agent cannot be given to uid ${user.uid}`, {
      key: 'user',
      fix: "run the control plane as root, or leave out the agent's own user",
      cause: error,
    });
  }
}
