import { spawn } from 'node:child_process';
import { rmdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Removes the directory that a run had for temporary files. What is in it was made by the command, and where the kernel
 * cannot end every process of a command one may still be swapping names in there: so the removal is itself confined to
 * this directory, and a planted link leads it nowhere.
 */
export function removeConfined(helper: string, directory: string): void {
  try {
    rmdirSync(join(directory, 'tmp'));
    rmdirSync(directory);
    return;
  } catch {
    // Not empty, the usual case for a compiler or a test run.
  }
  const args = ['/usr', '/bin', '/lib', '/lib64'].flatMap((path) => ['--read-if-exists', path]);
  const child = spawn(
    helper,
    [...args, '--write', directory, '--', 'rm', '-rf', '--', join(directory, 'tmp')],
    { cwd: '/', env: { PATH: '/usr/bin:/bin' }, stdio: 'ignore', detached: true },
  );
  child.on('error', () => undefined);
  child.on('exit', () => {
    try {
      rmdirSync(directory);
    } catch {
      // It could not be emptied; the system clears its temporary directory in time.
    }
  });
  child.unref();
}
