import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  realpathSync,
  statSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { kindOf, type Backend, type Dir, type Entry, type EntryKind, type EntryName } from './backend.js';

// Windows knows neither flag; opening a pipe there needs no guard, following a link is found by the comparison.
const flag = (name: 'O_NOFOLLOW' | 'O_NONBLOCK'): number =>
  (constants as Partial<typeof constants>)[name] ?? 0;

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

const idOf = (path: string): string => {
  const { dev, ino } = lstatSync(path, { bigint: true });
  return `${dev}:${ino}`;
};

class NamedDir implements Dir {
  readonly self: string;
  readonly id: string;

  constructor(path: string) {
    this.self = path;
    this.id = idOf(path);
  }

  // APFS and NTFS hold no names that are no Unicode.
  at(name: EntryName): string {
    return join(this.self, name.toString());
  }

  confirm(): void {
    let same: boolean;
    try {
      same = idOf(this.self) === this.id && realpathSync.native(this.self) === this.self;
    } catch (cause) {
      throw new AgentFSError('RACE', { cause });
    }
    if (!same) throw new AgentFSError('RACE');
  }

  close(): void {
    // Nothing is held.
  }
}

class NamedEntry implements Entry {
  readonly stat: Stats;
  readonly kind: EntryKind;
  readonly parent: Dir;
  readonly path: string;
  readonly #id: string;

  constructor(parent: Dir, name: EntryName) {
    this.parent = parent;
    this.path = parent.at(name.toString());
    this.stat = lstatSync(this.path);
    this.#id = idOf(this.path);
    this.kind = kindOf(this.stat);
    parent.confirm();
  }

  open(flags: number): number {
    const fd = openSync(this.path, flags | flag('O_NOFOLLOW') | flag('O_NONBLOCK'));
    try {
      const { dev, ino } = fstatSync(fd, { bigint: true });
      if (`${dev}:${ino}` !== this.#id) throw new AgentFSError('RACE');
      this.parent.confirm();
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    return fd;
  }

  asDir(): Dir {
    return directoryAt(this.parent, this.path);
  }

  identity(): string {
    return this.#id;
  }

  close(): void {
    // Nothing is held.
  }
}

function directoryAt(parent: Dir, path: string): NamedDir {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) throw systemError('ENOTDIR');
  const dir = new NamedDir(path);
  parent.confirm();
  // A junction passes lstat as a directory; its real path gives it away.
  if (realpathSync.native(path) !== path) throw systemError('ENOTDIR');
  return dir;
}

/**
 * macOS and Windows, as far as plain Node goes: names, no-follow opens where they exist, and identities compared before
 * and after. A swap is noticed, but one effect may have landed elsewhere by then.
 */
export const detectBackend: Backend = {
  containment: 'detect',
  openTop(path) {
    const real = realpathSync.native(path);
    if (!statSync(real).isDirectory()) throw systemError('ENOTDIR');
    return new NamedDir(real);
  },
  openDir: (parent, name) => directoryAt(parent, parent.at(name.toString())),
  openEntry: (parent, name) => new NamedEntry(parent, name),
  realPath: (dir) => dir.self,
  mountOf: (held) => `dev:${(held instanceof NamedEntry ? held.stat : lstatSync((held as Dir).self)).dev}`,
};
