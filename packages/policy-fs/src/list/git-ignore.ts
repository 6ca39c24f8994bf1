import { closeSync, constants } from 'node:fs';
import ignore, { type Ignore } from 'ignore';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { errnoOf } from '../errors/from-system-error.js';
import { readBytes } from '../read/transfer.js';
import type { Backend, Dir } from '../walk/backend.js';

const MAX_BYTES = 64 * 1024;
const MAX_RULES = 1_000;
// The rules become regular expressions and an agent writes them: more stars in a name could take exponential time.
const TOO_COSTLY = /(?:\*[^*/]+){3}\*|(?:\*\*\/.*){4}/;

/** The rules of one directory's `.gitignore`, and those of the directories above it. */
export class GitIgnore {
  readonly #base: string;
  readonly #rules: Ignore | undefined;
  readonly #above: GitIgnore | undefined;

  private constructor(base: string, rules: Ignore | undefined, above: GitIgnore | undefined) {
    this.#base = base;
    this.#rules = rules;
    this.#above = above;
  }

  /** Gives the rules that hold in a held directory. */
  static in(backend: Backend, dir: Dir, base: string, above: GitIgnore | undefined): GitIgnore {
    const text = readRules(backend, dir);
    if (text === undefined) return above ?? new GitIgnore(base, undefined, undefined);
    const lines = text
      .split(/\r?\n/, MAX_RULES)
      .filter((line) => line.length < 1_000 && !TOO_COSTLY.test(line));
    return new GitIgnore(base, ignore({ allowRelativePaths: true }).add(lines), above);
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
