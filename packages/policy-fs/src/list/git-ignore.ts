import { closeSync, constants } from 'node:fs';
import ignore, { type Ignore } from 'ignore';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { errnoOf } from '../errors/from-system-error.js';
import { readBytes } from '../read/transfer.js';
import type { Backend, Dir } from '../walk/backend.js';

const MAX_BYTES = 64 * 1024;
const MAX_RULES = 1_000;
const MAX_COSTLY_RULES = 20;
// The rules become regular expressions and an agent writes them: more stars in a name could take exponential time.
const TOO_COSTLY = /(?:\*[^*/]+){3}\*|(?:\*\*\/.*){3}|(?:\*+[^*]+){4}\*/;
// Two of these take a time that grows with the square of a path's length or worse.
const COSTLY = /\*\*\/.*\*\*/;

/** The rules of one directory's `.gitignore`, and those of the directories above it. */
export class GitIgnore {
  readonly #base: string;
  readonly #rules: Ignore | undefined;
  readonly #above: GitIgnore | undefined;
  /** Rules here and above: an agent could put a file of them into each of a hundred nested directories. */
  readonly #count: number;
  readonly #costly: number;

  private constructor(base: string, lines: readonly string[], above: GitIgnore | undefined) {
    const counted = above ? above.#count : 0;
    let costly = above ? above.#costly : 0;
    const taken = lines
      .filter((line) => line.length < 1_000 && !TOO_COSTLY.test(line))
      .filter((line) => !COSTLY.test(line) || (costly += 1) <= MAX_COSTLY_RULES)
      .slice(0, MAX_RULES - counted);
    this.#base = base;
    this.#rules = taken.length > 0 ? ignore({ allowRelativePaths: true }).add(taken) : undefined;
    this.#above = above;
    this.#count = counted + taken.length;
    this.#costly = costly;
  }

  /** Gives the rules that hold in a held directory. */
  static in(backend: Backend, dir: Dir, base: string, above: GitIgnore | undefined): GitIgnore {
    const text = readRules(backend, dir);
    if (text === undefined) return above ?? new GitIgnore(base, [], undefined);
    return new GitIgnore(base, text.split(/\r?\n/, MAX_RULES), above);
  }

  /** Tells whether an entry is ignored; the nearest `.gitignore` that speaks of it decides. `.git` always is. */
  covers(path: string, directory: boolean): boolean {
    if (path.endsWith('/.git')) return true;
    if (this.#rules) {
      const below = path.slice(this.#base.length + 1);
      const { ignored, unignored } = this.#rules.test(directory ? `${below}/` : below);
      if (ignored) return true;
      if (unignored) return false;
    }
    return this.#above?.covers(path, directory) ?? false;
  }
}

function readRules(backend: Backend, dir: Dir): string | undefined {
  let entry;
  try {
    entry = backend.openEntry(dir, '.gitignore');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
  try {
    if (entry.kind !== 'file' || entry.stat.nlink > 1) return undefined;
    // A file can be a mount of its own.
    if (backend.mountOf(entry) !== backend.mountOf(dir)) return undefined;
    const fd = entry.open(constants.O_RDONLY);
    try {
      const bytes = readBytes(fd, 0, Math.min(entry.stat.size, MAX_BYTES));
      return bytes instanceof Promise ? undefined : bytes.toString('utf8');
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!(error instanceof AgentFSError) && errnoOf(error) === undefined) throw error;
    return undefined;
  } finally {
    entry.close();
  }
}
