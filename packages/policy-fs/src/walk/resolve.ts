import { readlinkSync } from 'node:fs';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { errnoOf } from '../errors/from-system-error.js';
import type { GatedPath } from '../path/lexical-gate.js';
import type { ZoneSpec } from '../zones/zone-table.js';
import type { Dir, Entry } from './backend.js';
import type { PinnedRoot, PinnedZone } from './pinned-root.js';

const MAX_LINKS = 40;
const MAX_PENDING = 1024;
const MAX_RETRIES = 16;

/** Which symbolic links are followed: to any visible zone, within their zone, or none. */
export type LinkPolicy = 'inside' | 'same-zone' | 'deny';

/** How a path is to be followed. */
export interface ResolveOptions {
  /** Follow a link in the last place; mutations of names do not. */
  readonly followLast: boolean;
  /** Only the name is replaced: what has it is neither read nor written. */
  readonly nameOnly?: boolean;
  /** Refuses a zone before anything in it is touched. */
  readonly admitZone?: (zone: ZoneSpec) => void;
  /**
   * Makes a missing directory on the way, and gets the names that are to be followed below it; absent, a missing one is
   * NOT_FOUND.
   */
  readonly makeDir?: (parent: Dir, name: string, zone: PinnedZone, below: readonly string[]) => void;
}

/** Where a path leads. The holder closes `entry` and, when `ownsParent`, `parent`. */
export interface Resolved {
  readonly zone: PinnedZone;
  /** Canonical path with links followed. */
  readonly path: string;
  /** The directory that holds the name; the zone's own directory at a zone root. */
  readonly parent: Dir;
  readonly ownsParent: boolean;
  /** The name in `parent`; `undefined` at a zone root or where a link ended in a directory. */
  readonly name: string | undefined;
  /** What has the name; `undefined` when nothing has. At a zone root `parent` itself is meant. */
  readonly entry: Entry | undefined;
}

interface Level {
  readonly dir: Dir;
  readonly owned: boolean;
  readonly name: string;
}

/** Follows one path name by name, holding every directory on the way and reading links by hand. */
export class Walk {
  readonly #root: PinnedRoot;
  readonly #links: LinkPolicy;
  readonly #options: ResolveOptions;
  readonly #start: ZoneSpec;
  /** The agent root is not in here; an empty stack is the agent root. */
  readonly #stack: Level[] = [];
  #zone: PinnedZone | undefined;
  #pending: string[];
  #followed = 0;
  #retries = 0;
  #directory: boolean;

  constructor(
    root: PinnedRoot,
    links: LinkPolicy,
    gated: GatedPath & { zone: ZoneSpec },
    options: ResolveOptions,
  ) {
    this.#root = root;
    this.#links = links;
    this.#options = options;
    this.#start = gated.zone;
    // The next name is at the end.
    this.#pending = [...gated.names].reverse();
    this.#directory = gated.directory;
  }

  /** Gives where the path leads; everything else that was held is released. */
  run(): Resolved {
    try {
      this.#enterZone(this.#start);
      for (;;) {
        const name = this.#pending.pop();
        if (name === undefined) return this.#end();
        if (name === '' || name === '.') continue;
        if (name === '..') {
          if (this.#stack.length === 0) throw new AgentFSError('ESCAPE');
          this.#pop();
          continue;
        }
        if (this.#stack.length === 0) {
          this.#enterZone(this.#visibleZone(name));
          continue;
        }
        if (this.#pending.length > 0) {
          this.#descend(name);
          continue;
        }
        const resolved = this.#leaf(name);
        if (resolved) return resolved;
      }
    } finally {
      while (this.#stack.length > 0) this.#pop();
    }
  }

  get #top(): Level {
    const top = this.#stack.at(-1);
    if (!top) throw new AgentFSError('ESCAPE');
    return top;
  }

  #pop(): void {
    const level = this.#stack.pop();
    if (level?.owned) level.dir.close();
  }

  #visibleZone(name: string): ZoneSpec {
    const zone = this.#root.table.visible.get(name);
    if (!zone) throw new AgentFSError('ESCAPE');
    if (this.#links === 'same-zone' && zone !== this.#start) {
      throw new AgentFSError('ESCAPE', { reason: 'A symbolic link leads into another zone.' });
    }
    return zone;
  }

  #enterZone(spec: ZoneSpec): void {
    this.#options.admitZone?.(spec);
    const zone = this.#root.zone(spec, true);
    this.#zone = zone;
    this.#stack.push({ dir: zone.dir, owned: false, name: spec.name });
  }

  /** Enters a directory that is not the last name, or reads the link that is in its place. */
  #descend(name: string): void {
    const { dir: parent } = this.#top;
    const { backend } = this.#root;
    let dir: Dir | undefined;
    try {
      dir = backend.openDir(parent, name);
    } catch (error) {
      const errno = errnoOf(error);
      // Nothing of a foreign mount is told, not even what is missing there.
      this.#checkMount(parent);
      if (errno === 'ENOENT' && this.#options.makeDir && this.#zone) {
        this.#options.makeDir(parent, name, this.#zone, this.#pending.toReversed());
        this.#again(name);
        return;
      }
      if (errno !== 'ENOTDIR' && errno !== 'ELOOP') throw error;
    }
    if (!dir) {
      const target = this.#readLink(parent, name);
      if (target === undefined) {
        // Either a plain file, or it became a directory between the two calls.
        const entry = backend.openEntry(parent, name);
        const { kind } = entry;
        entry.close();
        if (kind === 'directory' || kind === 'symlink') this.#again(name);
        else throw new AgentFSError('NOT_A_DIRECTORY');
      } else this.#follow(target);
      return;
    }
    // Its mount is checked at the end of the walk: below a foreign mount everything is foreign.
    this.#stack.push({ dir, owned: true, name });
    this.#retries = 0;
  }

  /** Holds the last name; gives `undefined` when it was a link that is now being followed. */
  #leaf(name: string): Resolved | undefined {
    const { dir: parent } = this.#top;
    let entry: Entry | undefined;
    try {
      entry = this.#root.backend.openEntry(parent, name, this.#options.nameOnly);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') {
        this.#checkMount(parent);
        throw error;
      }
    }
    if (entry?.kind === 'symlink' && this.#options.followLast) {
      entry.close();
      this.#checkMount(parent);
      const target = this.#readLink(parent, name);
      if (target === undefined) this.#again(name);
      else this.#follow(target);
      return undefined;
    }
    try {
      this.#checkMount(entry ?? parent);
      if (entry && this.#directory && entry.kind !== 'directory') throw new AgentFSError('NOT_A_DIRECTORY');
    } catch (error) {
      entry?.close();
      throw error;
    }
    return this.#found(name, entry);
  }

  #found(name: string | undefined, entry: Entry | undefined): Resolved {
    const path = [...this.#stack.map((level) => level.name), ...(name === undefined ? [] : [name])].join('/');
    const { dir, owned } = this.#top;
    // The result takes the directory over.
    this.#stack.pop();
    const zone = this.#zone;
    if (!zone) throw new AgentFSError('ESCAPE');
    return { zone, path, parent: dir, ownsParent: owned, name, entry };
  }

  /** No name is left: the path means the directory on top, a zone root or the end of a link such as `..`. */
  #end(): Resolved {
    if (this.#stack.length > 1) this.#checkMount(this.#top.dir);
    return this.#found(undefined, undefined);
  }

  #readLink(parent: Dir, name: string): string | undefined {
    try {
      return readlinkSync(parent.at(name));
    } catch (error) {
      const errno = errnoOf(error);
      // UNKNOWN is what Windows says of an entry that is no link.
      if (errno === 'EINVAL' || errno === 'UNKNOWN') return undefined;
      throw error;
    }
  }

  #follow(target: string): void {
    if (this.#links === 'deny') {
      throw new AgentFSError('ESCAPE', { reason: 'Symbolic links are not followed here.' });
    }
    this.#followed += 1;
    if (this.#followed > MAX_LINKS) throw new AgentFSError('TOO_MANY_LINKS');
    let rest = target;
    if (target.startsWith('/') || /^[A-Za-z]:|^\\/.test(target)) {
      const root = this.#root.paths.find((path) => target === path || target.startsWith(`${path}/`));
      if (root === undefined) throw new AgentFSError('ESCAPE');
      rest = target.slice(root.length);
      while (this.#stack.length > 0) this.#pop();
    }
    const names = rest.split('/').reverse();
    if (this.#pending.length === 0 && (names[0] === '' || names[0] === '.')) this.#directory = true;
    while (names[0] === '' || names[0] === '.') names.shift();
    this.#pending.push(...names);
    if (this.#pending.length > MAX_PENDING) throw new AgentFSError('TOO_DEEP');
  }

  #again(name: string): void {
    this.#retries += 1;
    if (this.#retries > MAX_RETRIES) throw new AgentFSError('RACE');
    this.#pending.push(name);
  }

  #checkMount(held: Dir | Entry): void {
    if (this.#zone && this.#root.backend.mountOf(held) !== this.#zone.mount)
      throw new AgentFSError('CROSS_MOUNT');
  }
}
