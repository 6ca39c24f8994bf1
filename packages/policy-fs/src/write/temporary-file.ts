import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { makerOf, temporaryNameOf, type Maker } from '../path/temporary-names.js';

let self: Maker | undefined;

function ownMaker(): Maker {
  self ??= { space: pidSpace(), pid: String(process.pid), start: startOf('self') ?? '0' };
  return self;
}

// Drawn in larger pieces: one draw for each name would be a tenth of a small write.
const POOL_BYTES = 4096;
const NAME_BYTES = 8;
let pool = '';

function randomPart(): string {
  if (pool === '') pool = randomBytes(POOL_BYTES).toString('hex');
  const part = pool.slice(0, NAME_BYTES * 2);
  pool = pool.slice(NAME_BYTES * 2);
  return part;
}

/** Gives a fresh name for a write in progress; it tells which process is writing. */
export function temporaryName(): string {
  return temporaryNameOf(ownMaker(), randomPart());
}

/**
 * Tells whether a temporary file is left over: its writer is of this process-id namespace and gone. A writer elsewhere
 * (another container) cannot be asked, so its files count as left over after ten minutes.
 */
export function isLeftOver(name: string, ageMs: () => number): boolean {
  const maker = makerOf(name);
  if (!maker || maker.space === '0' || maker.space !== ownMaker().space) return ageMs() > 600_000;
  return startOf(maker.pid) !== maker.start;
}

/**
 * Tells whether a name belongs to a write of this process or of another one that is known to live. What only looks like
 * one is listed: a name must not be a way to hide a file.
 */
export function isWriteInProgress(name: string): boolean {
  const maker = makerOf(name);
  if (!maker) return false;
  const { space, pid, start } = ownMaker();
  if (maker.space !== space) return false;
  if (maker.pid === pid) return maker.start === start;
  return space !== '0' && startOf(maker.pid) === maker.start;
}

function pidSpace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

/** Start time of a process in clock ticks, field 22 of proc_pid_stat(5); `undefined` when it is gone. */
function startOf(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie writes no more.
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
