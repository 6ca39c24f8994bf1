import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { parsePs } from './ps-table.js';

/** One process, named so that a reused pid is not mistaken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Linux: clock ticks after boot, /proc/<pid>/stat field 22. Elsewhere: what `ps` prints as lstart. */
  readonly startTime: string;
}

/** What the pool needs to know of a process to decide whether it belongs to a worker. */
export interface ProcessEntry extends ProcessIdentity {
  readonly ppid: number;
  readonly pgid: number;
  /** -1 where the host does not tell. */
  readonly sid: number;
  /** Dead, waiting for its parent to notice. */
  readonly zombie: boolean;
  /** Every thread stands still: none can fork before it is continued. */
  readonly stopped: boolean;
}

/** All processes of the host by pid. */
export type ProcessTable = ReadonlyMap<number, ProcessEntry>;

const BATCH = 32;

/** Gives one process from the text of /proc/<pid>/stat (proc(5)); the command name may hold spaces and brackets. */
export function parseStat(text: string): ProcessEntry | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, ppid, pgid, sid] = fields;
  const startTime = fields[19];
  const pid = Number.parseInt(text, 10);
  if (state === undefined || startTime === undefined || !Number.isSafeInteger(pid)) return undefined;
  return {
    pid,
    startTime,
    ppid: Number(ppid),
    pgid: Number(pgid),
    sid: Number(sid),
    zombie: isDead(state),
    stopped: isStopped(state),
  };
}

const isDead = (state: string): boolean => state === 'Z' || state === 'X';

const isStopped = (state: string): boolean => state === 'T' || state === 't';

/** The state of a process is that of its first thread; another thread may still be on its way out of a fork. */
async function everyThreadStopped(pid: number): Promise<boolean> {
  const tasks = `/proc/${pid}/task`;
  const threads = await readdir(tasks).catch(() => []);
  const states = await Promise.all(
    threads.map(async (thread) => {
      const text = await readFile(`${tasks}/${thread}/stat`, 'utf8').catch(() => undefined);
      return text === undefined ? 'X' : (text.slice(text.lastIndexOf(')') + 2).split(' ')[0] ?? '');
    }),
  );
  return states.every((state) => isStopped(state) || isDead(state));
}

async function readLinuxTable(): Promise<ProcessTable> {
  const table = new Map<number, ProcessEntry>();
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  for (let index = 0; index < pids.length; index += BATCH) {
    const batch = pids.slice(index, index + BATCH);
    // A process may end between the listing and the read.
    const texts = await Promise.all(
      batch.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')),
    );
    for (const text of texts) {
      const entry = parseStat(text);
      if (!entry) continue;
      const stopped = entry.stopped && (await everyThreadStopped(entry.pid));
      table.set(entry.pid, { ...entry, stopped });
    }
  }
  return table;
}

/** Reads the table through `ps`, which every POSIX host has; used where there is no /proc. */
export async function readPsTable(): Promise<ProcessTable> {
  const { stdout } = await promisify(execFile)(
    'ps',
    ['-A', '-o', 'pid=', '-o', 'ppid=', '-o', 'pgid=', '-o', 'stat=', '-o', 'lstart='],
    { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }, maxBuffer: 64 * 1024 * 1024 },
  );
  return parsePs(stdout);
}

/** Gives all processes of the host. */
export function readProcessTable(): Promise<ProcessTable> {
  return process.platform === 'linux' ? readLinuxTable() : readPsTable();
}

/**
 * Gives the identity of a child that was just spawned, `undefined` when it cannot be told. On Linux this is
 * synchronous down to the read: before the next tick Node has not reaped the child, so the pid is its own.
 */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  if (process.platform === 'linux') return identifyNow(pid);
  return (await readPsTable()).get(pid);
}

/** Gives the identity of the process that has this pid now; Linux only. */
export function identifyNow(pid: number): ProcessIdentity | undefined {
  try {
    const entry = parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    return entry && { pid: entry.pid, startTime: entry.startTime };
  } catch {
    return undefined;
  }
}

/** Tells the boot of this host, so that pids and start times of an earlier boot are never matched. */
export function bootId(): string {
  if (process.platform !== 'linux') return '';
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
