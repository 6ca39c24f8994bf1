import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { TEMPORARY_PREFIX } from '../path/temporary-names.js';

/** Who owns a temporary file: a process of one process-id namespace, told apart from a later one by its start. */
interface Maker {
  readonly space: string;
  readonly pid: number;
  readonly start: string;
}

let self: Maker | undefined;

function maker(): Maker {
  self ??= { space: pidSpace(), pid: process.pid, start: startOf('self') ?? '0' };
  return self;
}

/** Gives a fresh name for a write in progress; it tells which process is writing. */
export function temporaryName(): string {
  const { space, pid, start } = maker();
  return `${TEMPORARY_PREFIX}${space}-${pid}-${start}-${randomBytes(8).toString('hex')}`;
}

/**
 * Tells whether a temporary file is left over: its writer is of this process-id namespace and gone. A writer elsewhere
 * (another container) cannot be asked, so its files count as left over after ten minutes.
 */
export function isLeftOver(name: string, ageMs: () => number): boolean {
  const [, space, pid, start] =
    /^([0-9]+)-([0-9]+)-([0-9]+)-[0-9a-f]{16}$/.exec(name.slice(TEMPORARY_PREFIX.length)) ?? [];
  if (space === undefined || space === '0' || space !== maker().space) return ageMs() > 600_000;
  return startOf(pid ?? '0') !== start;
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
