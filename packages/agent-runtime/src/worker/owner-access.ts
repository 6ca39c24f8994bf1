import { constants } from 'node:fs';
import { chmod, open } from 'node:fs/promises';

/** Linux: a descriptor that needs no right of what it names; Node has no name for it. */
const O_PATH = 0o10000000;
const OWNER = 0o700;

/**
 * Gives the owner of a directory back what a command of the same user took away: such a command may change the mode of
 * a directory that it cannot look into, and the next worker would find its own door shut. A link is left alone, and so is
 * what belongs to somebody else: whoever opens it next says what is wrong.
 */
export async function giveOwnerAccess(directory: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const flags = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const handle = await open(directory, flags).catch(() => undefined);
  if (!handle) return;
  try {
    const { mode } = await handle.stat();
    if ((mode & OWNER) === OWNER) return;
    await chmod(`/proc/self/fd/${handle.fd}`, (mode & 0o777) | OWNER).catch(() => undefined);
  } finally {
    await handle.close();
  }
}
