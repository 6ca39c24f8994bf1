import { execFile } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { promisify } from 'node:util';

const PAGE = 4096;

/** What became of the start of a file. */
export interface FreedStart {
  /** Up to here the file holds no space any more. */
  readonly freed: number;
  /** The file is empty and begins anew. */
  readonly emptied: boolean;
}

/**
 * Gives back the space of the start of a file that another process appends to. A hole is punched, which moves no byte, so
 * nothing that is being written meanwhile can be lost. Where the host has no holes (macOS, some network file systems) the
 * file is emptied once everything in it was read; what is written in that very moment is lost there.
 */
export async function freeStart(
  path: string,
  from: number,
  upTo: number,
  readUpTo: number,
): Promise<FreedStart> {
  const end = upTo - (upTo % PAGE);
  if (await punchHole(path, from, end - from)) return { freed: end, emptied: false };
  return upTo === readUpTo && emptied(path, upTo)
    ? { freed: 0, emptied: true }
    : { freed: from, emptied: false };
}

async function punchHole(path: string, offset: number, length: number): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const args = ['--punch-hole', '--offset', String(offset), '--length', String(length), path];
  try {
    await promisify(execFile)('fallocate', args, {
      env: { PATH: '/usr/bin:/bin:/usr/local/bin', LC_ALL: 'C' },
    });
    return true;
  } catch {
    return false;
  }
}

function emptied(path: string, size: number): boolean {
  const file = openSync(path, 'r+');
  try {
    if (fstatSync(file).size !== size) return false;
    ftruncateSync(file, 0);
    return true;
  } finally {
    closeSync(file);
  }
}
