import { chown } from 'node:fs/promises';

/** The user that owns nothing. */
export const NOBODY = 65_534;

/**
 * Does something as an ordinary user who owns `paths`, as a control plane that is not root does. Where the tests run as
 * such a user they are it already.
 */
export async function asNobody<T>(paths: readonly string[], work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  for (const path of paths) await chown(path, NOBODY, NOBODY);
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}
