import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';

const BLOCK = 512;
const CONTAINER = /[0-9a-f]{64}/;
/** Descriptors of one container that are looked at, several times what a worker with as many threads as it may have needs. */
const MAX_LOOKS = 250_000;
/** As the kernel marks what has no name any more; a file may also be called so, which its number of names tells. */
const UNLINKED = ' (deleted)';

/** What {@link unlinkedUsage} found. */
export interface UnlinkedUse {
  readonly bytes: number;
  /** Whether a process does not show what it has open, or has so much open that it is not looked through. */
  readonly hidden: boolean;
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    // It has ended, or is not ours to look at.
    return undefined;
  }
}

const containerOf = (pid: string): string | undefined =>
  attempt(() => CONTAINER.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[0]);

/**
 * Gives the processes of every container, by engine id, as far as this process sees them: none where it has a process
 * namespace of its own.
 */
export async function containerProcesses(): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const [index, pid] of pids.entries()) {
    if (index % 64 === 63) await breathe();
    const engineId = containerOf(pid);
    if (engineId === undefined) continue;
    const known = found.get(engineId);
    if (known) known.push(pid);
    else found.set(engineId, [pid]);
  }
  return found;
}

/** Files without a name, each counted once. */
class UnlinkedFiles {
  readonly #devices: ReadonlySet<bigint>;
  readonly #seen = new Set<string>();
  blocks = 0;
  looks = 0;

  constructor(devices: ReadonlySet<bigint>) {
    this.#devices = devices;
  }

  /** Counts what a descriptor or a mapping of a process leads to. */
  add(path: string): void {
    const found = attempt(() => statSync(path, { bigint: true }));
    if (!found?.isFile() || found.nlink !== 0n || !this.#devices.has(found.dev)) return;
    const id = `${found.dev}:${found.ino}`;
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    this.blocks += Number(found.blocks);
  }
}

const statusOf = (pid: string): string => attempt(() => readFileSync(`/proc/${pid}/status`, 'utf8')) ?? '';

/** Gives the descriptors of a thread, which may have some of its own; none when it has ended. @throws EACCES */
function descriptorsOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') throw error;
    return [];
  }
}

/** Looks through what one process has open; tells whether that was all. @throws EACCES where this process may not look */
async function lookThrough(pid: string, files: UnlinkedFiles): Promise<boolean> {
  const threads = readdirSync(`/proc/${pid}/task`);
  for (const thread of threads) {
    const directory = `/proc/${pid}/task/${thread}/fd`;
    for (const descriptor of descriptorsOf(directory)) {
      const path = `${directory}/${descriptor}`;
      files.looks += 1;
      if (files.looks > MAX_LOOKS) return false;
      // A name that is too long to be told may be that of anything.
      if ((attempt(() => readlinkSync(path)) ?? UNLINKED).endsWith(UNLINKED)) files.add(path);
    }
    await breathe();
  }
  for (const line of (await readFile(`/proc/${pid}/maps`, 'utf8')).split('\n')) {
    if (!line.endsWith(UNLINKED)) continue;
    files.looks += 1;
    // Followed for root only; for others what is mapped and no longer open stays unseen.
    files.add(
      `/proc/${pid}/map_files/${line.slice(0, line.indexOf(' ')).replaceAll(/\b0+(?=[0-9a-f])/g, '')}`,
    );
  }
  // Where the first thread has ended and others go on, the kernel shows no mappings.
  return threads.length === 1 || !/^State:\s+Z/m.test(statusOf(pid));
}

/** Whether a process belongs to the user of this one, who is not root and would see it if it let itself be seen. */
function hides(pid: string): boolean {
  const own = process.geteuid?.() ?? 0;
  return own !== 0 && new RegExp(`^Uid:\\s+\\d+\\s+${own}\\s`, 'm').test(statusOf(pid));
}

/**
 * Gives the bytes of files that the processes of one container keep without a name, by descriptor or mapping, on the
 * file systems of `directories` and of the container's own layer. Those in flight between two sockets are not seen.
 *
 * @throws Error of the system where one of `directories` may not be looked at.
 */
export async function unlinkedUsage(
  { engineId, processes }: { readonly engineId: string; readonly processes: readonly string[] },
  directories: readonly string[],
): Promise<UnlinkedUse> {
  const deviceOf = (path: string): readonly bigint[] => {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found ? [found.dev] : [];
  };
  const layers = processes.flatMap((pid) => attempt(() => deviceOf(`/proc/${pid}/root`)) ?? []);
  const files = new UnlinkedFiles(new Set([...directories.flatMap(deviceOf), ...layers]));
  let hidden = false;
  for (const pid of processes) {
    // Its number may be another process's by now.
    if (containerOf(pid) !== engineId) continue;
    try {
      if (!(await lookThrough(pid, files))) hidden = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES' && hides(pid)) hidden = true;
    }
    if (files.looks > MAX_LOOKS) break;
  }
  return { bytes: files.blocks * BLOCK, hidden };
}
