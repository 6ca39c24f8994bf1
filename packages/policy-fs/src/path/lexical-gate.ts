import { AgentFSError } from '../errors/agent-fs-error.js';
import { isWellFormed } from '../read/well-formed.js';
import { DEFAULT_ZONE, type ZoneSpec, type ZoneTable } from '../zones/zone-table.js';
import { LookAlikes } from './look-alike.js';
import { isWriteInProgress } from '../write/temporary-file.js';

const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 4096;
const MAX_DEPTH = 128;
const WINDOWS = process.platform === 'win32';
// Streams, dots and blanks that are dropped, short names.
const WINDOWS_ALIAS = /[:<>"|?*]|[. ]$|~\d/;

/** A path that passed the lexical gate; nothing on disk was consulted. */
export interface GatedPath {
  /** The zone, or `undefined` for the agent root, which can only be listed. */
  readonly zone: ZoneSpec | undefined;
  /** Names below the zone. */
  readonly names: readonly string[];
  /** The names joined by slashes. */
  readonly below: string;
  /** Canonical form: zone and names. */
  readonly canonical: string;
  /** The path ended in a slash or a dot, so only a directory will do. */
  readonly directory: boolean;
}

/** Judges spelling: which zone a path names, and whether its names may be there at all. */
export class LexicalGate {
  readonly #table: ZoneTable;
  readonly #lookAlikes: LookAlikes;
  #last: { readonly path: string; readonly gated: GatedPath } | undefined;

  constructor(table: ZoneTable) {
    this.#table = table;
    this.#lookAlikes = new LookAlikes(table.protectedNames);
  }

  /**
   * Gives zone and names of a path. A bare path means `workspace/`; nothing is ever re-rooted.
   *
   * @throws AgentFSError for every path that is refused by its spelling.
   */
  admit(path: string): GatedPath {
    // One call asks more than once.
    if (this.#last?.path === path) return this.#last.gated;
    const gated = this.#judge(path);
    this.#last = { path, gated };
    return gated;
  }

  #judge(path: string): GatedPath {
    checkText(path);
    const raw = path.split('/');
    const names: string[] = [];
    for (const name of raw) {
      if (name === '' || name === '.') continue;
      checkName(name);
      names.push(name);
    }
    if (names.length > MAX_DEPTH) throw new AgentFSError('TOO_DEEP');
    const last = raw.at(-1);
    const directory = last === '' || last === '.';
    const [first] = names;
    if (first === undefined) return { zone: undefined, names, below: '', canonical: '.', directory: true };
    const zone = this.#zoneOf(first);
    if (zone) names.shift();
    const home = zone ?? this.#table.visible.get(DEFAULT_ZONE);
    if (!home) {
      throw new AgentFSError('INVALID_PATH', {
        reason: 'The path does not begin with the name of a zone.',
        hint: `Begin it with ${[...this.#table.visible.keys()].map((name) => `${name}/`).join(' or ')}.`,
      });
    }
    const below = names.join('/');
    return {
      zone: home,
      names,
      below,
      canonical: below === '' ? home.name : `${home.name}/${below}`,
      directory,
    };
  }

  #zoneOf(first: string): ZoneSpec | undefined {
    const zone = this.#table.visible.get(first);
    if (zone) return zone;
    if (this.#table.protectedNames.includes(first)) throw new AgentFSError('HIDDEN');
    if (this.#lookAlikes.has(first)) throw new AgentFSError('LOOKALIKE');
    return undefined;
  }
}

function checkText(path: unknown): asserts path is string {
  if (typeof path !== 'string')
    throw new AgentFSError('INVALID_PATH', { reason: 'The path is not a string.' });
  if (path === '')
    throw new AgentFSError('INVALID_PATH', { reason: 'The path is empty.', hint: 'Use "." for the top.' });
  if (path.includes('\0'))
    throw new AgentFSError('INVALID_PATH', { reason: 'The path holds a NUL character.' });
  if (!isWellFormed(path)) {
    throw new AgentFSError('INVALID_PATH', { reason: 'The path is not well-formed Unicode.' });
  }
  if (path.startsWith('/')) throw new AgentFSError('ABSOLUTE_PATH');
  if (/^[A-Za-z]:/.test(path))
    throw new AgentFSError('ABSOLUTE_PATH', { reason: 'Drive letters are refused.' });
  if (path.includes('\\')) {
    throw new AgentFSError('INVALID_PATH', {
      reason: 'The path holds a backslash.',
      hint: 'Separate names by forward slashes.',
    });
  }
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw new AgentFSError('NAME_TOO_LONG');
}

function checkName(name: string): void {
  if (name === '..') throw new AgentFSError('PATH_TRAVERSAL');
  if (name.length > 85 && Buffer.byteLength(name) > MAX_NAME_BYTES) throw new AgentFSError('NAME_TOO_LONG');
  if (WINDOWS && WINDOWS_ALIAS.test(name)) {
    throw new AgentFSError('INVALID_NAME', { reason: 'On Windows such a name would mean another file.' });
  }
  if (isWriteInProgress(name)) {
    throw new AgentFSError('INVALID_NAME', { reason: 'This name belongs to a write in progress.' });
  }
}
