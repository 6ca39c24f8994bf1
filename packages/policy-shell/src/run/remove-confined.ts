import { spawn } from 'node:child_process';
import { rmdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Removes the directory that a run had for temporary files. What is in it was made by the command, and where the kernel
 * cannot end every process of a command one may still be swapping names in there: so the removal is itself confined to
 * this directory, and a planted link leads it nowhere.
 */
export async function removeConfined(helper: string, directory: string): Promise<void> {
  const inner = join(directory, 'tmp');
  if (removed(inner, directory)) return;
  const readable = ['/usr', '/bin', '/lib', '/lib64'].flatMap((path) => ['--read-if-exists', path]);
  await new Promise<void>((resolve) => {
    const child = spawn(helper, [...readable, '--write', directory, '--', 'rm', '-rf', '--', inner], {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      stdio: 'ignore',
    });
    child.on('error', () => resolve());
    child.on('close', () => resolve());
  });
  // When something could not be removed, the system clears its temporary directory in time.
  removed(inner, directory);
}

function removed(inner: string, directory: string): boolean {
  try {
    rmdirSync(inner);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return false;
  }
  try {
    rmdirSync(directory);
  } catch {
    return false;
  }
  return true;
}
