import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  renameSync,
  statfsSync,
  statSync,
  type Stats,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { errnoOf } from '../errors/from-system-error.js';
import { kindOf, type Backend, type Dir, type Entry, type EntryKind, type EntryName } from './backend.js';

// Node exports no O_PATH. The value is the same on every Linux that Node supports; `probe` proves it.
const O_PATH = 0o10000000;
const PROC_MAGIC = 0x9fa0;
const MAX_TRIES = 16;
// A removal that the scheduler holds up in the middle does not take as long.
const SETTLED_MS = 10_000;
const HOLD = O_PATH | constants.O_NOFOLLOW;
const HOLD_DIR = HOLD | constants.O_DIRECTORY;

let ownDirectory: string | undefined;

/** Directory of this process in procfs. By number a look-up has one link less to follow, a third of its time. */
function own(): string {
  // In a procfs of another process-id namespace the number would be someone else's.
  ownDirectory ??= readlinkSync('/proc/self') === String(process.pid) ? `/proc/${process.pid}` : '/proc/self';
  return ownDirectory;
}

class HeldDir implements Dir {
  readonly fd: number;
  readonly #prefix: string;
  #open = true;

  constructor(fd: number) {
    this.fd = fd;
    this.#prefix = `${own()}/fd/${fd}/`;
  }

  get self(): string {
    return this.at('.');
  }

  at(name: string): string;
  at(name: EntryName): EntryName;
  at(name: EntryName): EntryName {
    // A closed number may belong to another directory by now.
    this.confirm();
    return typeof name === 'string'
      ? this.#prefix + name
      : Buffer.concat([Buffer.from(this.#prefix, 'latin1'), name]);
  }

  confirm(): void {
    if (!this.#open) throw new AgentFSError('CLOSED');
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.fd);
  }
}

class HeldEntry implements Entry {
  readonly fd: number;
  readonly stat: Stats;
  readonly kind: EntryKind;
  #open = true;

  constructor(fd: number) {
    this.fd = fd;
    try {
      this.stat = fstatSync(fd);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    this.kind = kindOf(this.stat);
  }

  open(flags: number): number {
    if (!this.#open) throw new AgentFSError('CLOSED');
    try {
      // A file lease (fcntl(2), F_SETLEASE) of the agent would hold up a blocking open for 45 seconds.
      return openSync(`${own()}/fd/${this.fd}`, flags | constants.O_NONBLOCK);
    } catch (cause) {
      if (errnoOf(cause) !== 'EAGAIN') throw cause;
      throw new AgentFSError('IO', { reason: 'Another program holds the file.', cause });
    }
  }

  asDir(): Dir {
    this.#open = false;
    return new HeldDir(this.fd);
  }

  identity(): string {
    const { dev, ino } = fstatSync(this.fd, { bigint: true });
    return `${dev}:${ino}`;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.fd);
  }
}

const buffer = Buffer.allocUnsafe(512);

function mountId(fd: number): string {
  const info = openSync(`${own()}/fdinfo/${fd}`, constants.O_RDONLY);
  try {
    const text = buffer.toString('latin1', 0, readSync(info, buffer, 0, buffer.length, 0));
    const id = /^mnt_id:\s*(\d+)$/m.exec(text)?.[1];
    if (id === undefined)
      throw new AgentFSError('UNSUPPORTED', { reason: 'The kernel does not tell mount ids.' });
    return id;
  } finally {
    closeSync(info);
  }
}

const fdOf = (held: Dir | Entry): number => (held as HeldDir | HeldEntry).fd;

/** Linux: directories are O_PATH descriptors, and `/proc/<pid>/fd/N/name` is what openat(N, name) is in C. */
export const kernelBackend: Backend = {
  containment: 'kernel',

  openTop: (path) => new HeldDir(openSync(path, O_PATH | constants.O_DIRECTORY)),

  openDir: (parent, name) => new HeldDir(openSync(parent.at(name), HOLD_DIR)),

  openEntry(parent, name, nameOnly = false) {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const entry = new HeldEntry(openSync(parent.at(name), HOLD));
      try {
        if (nameOnly || !isUnsettled(entry) || stillNamed(entry, parent, name)) return entry;
      } catch (error) {
        entry.close();
        throw error;
      }
      entry.close();
    }
    throw new AgentFSError('RACE');
  },

  realPath: (dir) => readlinkSync(`${own()}/fd/${fdOf(dir)}`),

  openUp: (dir) => chmodSync(`${own()}/fd/${fdOf(dir)}`, 0o700),

  mountOf: (held) => mountId(fdOf(held)),

  openVerified(dir, dirPath, below, nameOnly = false) {
    const fd = openBelow(dir, dirPath, below, HOLD);
    if (fd === undefined) return undefined;
    // Counts the links before the place is asked, as in `stillNamed`.
    const entry = new HeldEntry(fd);
    try {
      const settled = nameOnly || !isUnsettled(entry) || settleBelow(dir, dirPath, below);
      if (settled && entry.kind !== 'symlink' && liesAt(fd, `${dirPath}/${below}`)) return entry;
    } catch (error) {
      entry.close();
      throw error;
    }
    entry.close();
    return undefined;
  },

  openVerifiedDir(dir, dirPath, below) {
    const fd = openBelow(dir, dirPath, below, HOLD_DIR);
    if (fd === undefined) return undefined;
    if (liesAt(fd, `${dirPath}/${below}`)) return new HeldDir(fd);
    closeSync(fd);
    return undefined;
  },
};

/** Opens a path as a whole; whether it is really absent is for the walk to say. */
function openBelow(dir: Dir, dirPath: string, below: string, flags: number): number | undefined {
  // The kernel's answer is decoded, and this character may stand for any bytes that are no UTF-8.
  if (below.includes('\uFFFD') || dirPath.includes('\uFFFD')) return undefined;
  try {
    return openSync(dir.at(below), flags);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/**
 * Tells whether what is held lies exactly there. The question is about the object that is held, not about a name, so
 * swapping names cannot race it.
 */
function liesAt(fd: number, path: string): boolean {
  try {
    return readlinkSync(`${own()}/fd/${fd}`) === path;
  } catch (error) {
    // Beyond PATH_MAX the kernel tells no path, and the walk needs none.
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

/** Tells whether the links of a file were changed, or may just be changing. */
function isUnsettled({ kind, stat }: HeldEntry): boolean {
  return kind === 'file' && stat.nlink <= 1 && Math.abs(Date.now() - stat.ctimeMs) < SETTLED_MS;
}

/**
 * Waits until no name in a directory is being removed or renamed: the kernel locks the directory for that, and counts a
 * link down before the name is gone. To rename a name to itself takes the same lock and changes nothing (rename(2)).
 */
function settle(parent: Dir, name: EntryName): void {
  const path = parent.at(name);
  try {
    renameSync(path, path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    // A read-only mount refuses before it locks; to look for a name that nobody looked for before locks as well.
    if (errnoOf(error) === 'EROFS') existsSync(parent.at(randomUUID()));
  }
}

/**
 * Tells whether a file still has the name that it was held by, asked after its links were counted: the one link that was
 * counted is then this name, and not that of a file elsewhere whose second name was here a moment ago.
 */
function stillNamed({ fd, stat }: HeldEntry, parent: Dir, name: EntryName): boolean {
  settle(parent, name);
  try {
    const directory = readlinkSync(`${own()}/fd/${fdOf(parent)}`, 'buffer');
    const place = readlinkSync(`${own()}/fd/${fd}`, 'buffer');
    return place.equals(Buffer.concat([directory, Buffer.from('/'), bytesOf(name)]));
  } catch (error) {
    if (errnoOf(error) !== 'ENAMETOOLONG') throw error;
  }
  // Beyond PATH_MAX the kernel tells no path.
  return [1, 2, 3].every(() => {
    settle(parent, name);
    const now = lstatSync(parent.at(name), { throwIfNoEntry: false });
    return now?.ino === stat.ino && now.dev === stat.dev && now.nlink === 1;
  });
}

/** Settles the directory around a path that was opened as a whole; gives whether it lies where it should. */
function settleBelow(dir: Dir, dirPath: string, below: string): boolean {
  const slash = below.lastIndexOf('/');
  const parent = slash < 0 ? dir : kernelBackend.openVerifiedDir?.(dir, dirPath, below.slice(0, slash));
  if (!parent) return false;
  try {
    settle(parent, below.slice(slash + 1));
    return true;
  } finally {
    if (parent !== dir) parent.close();
  }
}

const bytesOf = (name: EntryName): Buffer => (typeof name === 'string' ? Buffer.from(name) : name);

/**
 * Tells whether the kernel backend works here, by doing what it relies on: a real procfs, O_PATH, and a look-up below a
 * descriptor that reaches the same directory.
 */
export function kernelBackendWorks(path: string): boolean {
  if (process.platform !== 'linux') return false;
  let fd: number | undefined;
  try {
    if (statfsSync('/proc/self/fd').type !== PROC_MAGIC) return false;
    fd = openSync(path, O_PATH | constants.O_DIRECTORY);
    const [held, named, below] = [fstatSync(fd), statSync(path), lstatSync(`${own()}/fd/${fd}/.`)];
    if (held.ino !== named.ino || below.ino !== named.ino || below.dev !== named.dev) return false;
    mountId(fd);
    // A descriptor that really is O_PATH cannot be read.
    readSync(fd, Buffer.alloc(1), 0, 1, 0);
    return false;
  } catch (error) {
    return errnoOf(error) === 'EBADF' && fd !== undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
