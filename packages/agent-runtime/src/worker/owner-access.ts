import { constants } from 'node:fs';
import { chmod, open } from 'node:fs/promises';

/** Linux: a descriptor that needs no right of what it names; Node has no name for it. */
const O_PATH = 0o10000000;

/**
 * Gives the owner of a directory or a file back what a command of the same user took away: such a command may change the
 * mode of what it cannot look into, and the next worker would find its own door shut. A link is left alone, and so is a file
 * with a second name, and what belongs to somebody else: whoever opens it next says what is wrong.
 */
export async function giveOwnerAccess(path: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const handle = await open(path, O_PATH | constants.O_NOFOLLOW).catch(() => undefined);
  if (!handle) return;
  try {
    const found = await handle.stat();
    const rights = found.isDirectory() ? 0o700 : found.isFile() && found.nlink === 1 ? 0o600 : 0;
    if ((found.mode & rights) === rights) return;
    await chmod(`/proc/self/fd/${handle.fd}`, (found.mode & 0o777) | rights).catch(() => undefined);
  } finally {
    await handle.close();
  }
}
