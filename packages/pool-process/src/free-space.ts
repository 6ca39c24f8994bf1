import { execFile } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { promisify } from 'node:util';

/**
 * Gives back the space of a part of a file that another process appends to; tells whether it could. A hole moves no byte,
 * so nothing that is being written meanwhile can be lost. macOS and some network file systems have none.
 */
export async function punchHole(path: string, from: number, upTo: number): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const range = ['--offset', String(from), '--length', String(upTo - from)];
  try {
    await promisify(execFile)('fallocate', ['--punch-hole', ...range, path], {
      env: { PATH: '/usr/bin:/bin:/usr/local/bin', LC_ALL: 'C' },
    });
    return true;
  } catch {
    return false;
  }
}

/**
 * Empties a file when it is as long as expected; tells whether it did. For hosts without holes: what another process
 * appends in this very moment is lost.
 */
export function emptyFile(path: string, size: number): boolean {
  const file = openSync(path, 'r+');
  try {
    if (fstatSync(file).size !== size) return false;
    ftruncateSync(file, 0);
    return true;
  } finally {
    closeSync(file);
  }
}
