import { AgentFSError } from '../errors/agent-fs-error.js';
import { errnoOf } from '../errors/from-system-error.js';
import type { GatedPath, LexicalGate } from '../path/lexical-gate.js';
import type { ZoneSpec } from '../zones/zone-table.js';
import type { Entry } from './backend.js';
import type { PinnedRoot, PinnedZone } from './pinned-root.js';
import { Walk, type LinkPolicy, type Resolved, type ResolveOptions } from './resolve.js';

/** A gated path that names a place in a zone. */
export type ZonePath = GatedPath & { readonly zone: ZoneSpec };

/** What a path means once it is held: either an entry, or a directory without a name of its own. */
export interface Held extends Resolved {
  /** Releases whatever is still held, once or more. */
  release(): void;
}

/** Turns paths into held objects: first in one verified step, else by the walk. */
export class Locator {
  readonly root: PinnedRoot;
  readonly #gate: LexicalGate;
  readonly #links: LinkPolicy;

  constructor(root: PinnedRoot, gate: LexicalGate, links: LinkPolicy) {
    this.root = root;
    this.#gate = gate;
    this.#links = links;
  }

  /** Judges the spelling only. */
  gate(path: string): GatedPath {
    return this.#gate.admit(path);
  }

  /** Judges the spelling of a path that must name a place in a zone. */
  gateInZone(path: string): ZonePath {
    const gated = this.#gate.admit(path);
    if (!gated.zone)
      throw new AgentFSError('ZONE_ROOT', { reason: 'The path names the agent directory itself.' });
    return gated as ZonePath;
  }

  /** Holds what the path means; `entry` is `undefined` where nothing is. */
  hold(gated: ZonePath, options: ResolveOptions): Held {
    options.admitZone?.(gated.zone);
    const fast = this.#fast(gated, options);
    return withRelease(fast ?? new Walk(this.root, this.#links, gated, options).run());
  }

  /** Holds what exists, or throws NOT_FOUND. */
  holdExisting(gated: ZonePath, options: ResolveOptions): Held {
    const held = this.hold(gated, options);
    if (held.entry || held.name === undefined) return held;
    held.release();
    throw new AgentFSError('NOT_FOUND');
  }

  /**
   * Holds an entry without its parent: one open, one comparison. Gives `undefined` where links, moves or absence ask for
   * the walk.
   */
  holdEntry(
    gated: ZonePath,
    nameOnly?: boolean,
  ): { readonly entry: Entry; readonly zone: PinnedZone } | undefined {
    const { backend } = this.root;
    if (!backend.openVerified || gated.below === '') return undefined;
    const zone = this.root.zone(gated.zone, false);
    const entry = backend.openVerified(zone.dir, zone.path, gated.below, nameOnly);
    if (!entry) return undefined;
    try {
      if (gated.directory && entry.kind !== 'directory') throw new AgentFSError('NOT_A_DIRECTORY');
      if (backend.mountOf(entry) !== zone.mount) throw new AgentFSError('CROSS_MOUNT');
    } catch (error) {
      entry.close();
      throw error;
    }
    return { entry, zone };
  }

  /** A name right in the zone. Only what exists: a zone directory that was replaced shows by being empty. */
  #inZoneRoot(
    gated: ZonePath,
    zone: PinnedZone,
    name: string,
    { nameOnly }: ResolveOptions,
  ): Resolved | undefined {
    const held = this.holdEntry(gated, nameOnly);
    if (!held) return undefined;
    return { zone, path: gated.canonical, parent: zone.dir, ownsParent: false, name, entry: held.entry };
  }

  /** The parent in one verified step, then the name in it. */
  #fast(gated: ZonePath, options: ResolveOptions): Resolved | undefined {
    const { backend } = this.root;
    const name = gated.names.at(-1);
    if (!backend.openVerifiedDir || name === undefined) return undefined;
    const zone = this.root.zone(gated.zone, false);
    if (gated.names.length === 1) return this.#inZoneRoot(gated, zone, name, options);
    const parent = backend.openVerifiedDir(zone.dir, zone.path, gated.below.slice(0, -name.length - 1));
    if (!parent) return undefined;
    let entry: Entry | undefined;
    let keep = false;
    try {
      try {
        entry = backend.openEntry(parent, name, options.nameOnly);
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
      }
      if (entry?.kind === 'symlink' && options.followLast) return undefined;
      if (entry && gated.directory && entry.kind !== 'directory') throw new AgentFSError('NOT_A_DIRECTORY');
      if (backend.mountOf(entry ?? parent) !== zone.mount) throw new AgentFSError('CROSS_MOUNT');
      keep = true;
      return { zone, path: gated.canonical, parent, ownsParent: true, name, entry };
    } finally {
      if (!keep) {
        entry?.close();
        parent.close();
      }
    }
  }
}

function withRelease(resolved: Resolved): Held {
  return {
    ...resolved,
    release() {
      resolved.entry?.close();
      if (resolved.ownsParent) resolved.parent.close();
    },
  };
}
