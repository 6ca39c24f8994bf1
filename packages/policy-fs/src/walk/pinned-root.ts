import { existsSync, mkdirSync } from 'node:fs';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { errnoOf } from '../errors/from-system-error.js';
import type { ZoneSpec, ZoneTable } from '../zones/zone-table.js';
import type { Backend, Dir, Entry } from './backend.js';

const MAX_RETIRED = 8;

/** A zone that is held open, with its mount: everything in it must be on that mount. */
export interface PinnedZone {
  readonly spec: ZoneSpec;
  readonly dir: Dir;
  readonly mount: string;
  /** Real path when it was pinned; the fast path compares with it. */
  readonly path: string;
}

/** The agent root and its zones, each held from the first use on and held anew when it was replaced. */
export class PinnedRoot {
  readonly backend: Backend;
  readonly table: ZoneTable;
  readonly dir: Dir;
  readonly #given: string;
  readonly #retired: Dir[] = [];
  readonly #zones = new Map<string, PinnedZone & { readonly identity: string }>();

  constructor(backend: Backend, path: string, table: ZoneTable) {
    this.backend = backend;
    this.table = table;
    this.#given = path;
    this.dir = backend.openTop(path);
  }

  /** Names under which an absolute link target may begin: the real path now, and the path given at opening. */
  get paths(): readonly string[] {
    const real = this.backend.realPath(this.dir);
    return real === this.#given ? [real] : [real, this.#given];
  }

  /**
   * Gives the pinned zone; `verify` compares it with what is there now and pins anew when it was replaced.
   *
   * @throws AgentFSError `NOT_FOUND` when it is missing, `ESCAPE` when a link is in its place.
   */
  zone(spec: ZoneSpec, verify: boolean): PinnedZone {
    const pinned = this.#zones.get(spec.name);
    if (pinned && !verify) return pinned;
    let entry: Entry;
    try {
      entry = this.backend.openEntry(this.dir, spec.name);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      throw new AgentFSError('NOT_FOUND', { reason: `There is no ${spec.name}/ yet.`, cause: error });
    }
    try {
      if (entry.kind === 'symlink') throw new AgentFSError('ESCAPE');
      if (entry.kind !== 'directory') throw new AgentFSError('NOT_A_DIRECTORY');
      const identity = entry.identity();
      const mount = this.backend.mountOf(entry);
      if (pinned?.identity === identity && pinned.mount === mount) {
        const path = this.backend.realPath(pinned.dir);
        if (path === pinned.path) return pinned;
        const moved = { ...pinned, path };
        this.#zones.set(spec.name, moved);
        return moved;
      }
      const dir = entry.asDir();
      const fresh = { spec, dir, mount, identity, path: this.backend.realPath(dir) };
      // A call in progress may still use the old one; kept for a while, and closed it refuses instead of misleading.
      if (pinned && this.#retired.push(pinned.dir) > MAX_RETIRED) this.#retired.shift()?.close();
      this.#zones.set(spec.name, fresh);
      return fresh;
    } finally {
      entry.close();
    }
  }

  /** Creates the directories of zones that are missing. `prepare` sets owner and mode of a new one. */
  createZones(prepare: (dir: Dir, spec: ZoneSpec) => void, dirMode: (spec: ZoneSpec) => number): void {
    for (const spec of this.table.zones) {
      try {
        mkdirSync(this.dir.at(spec.name), { mode: dirMode(spec) });
      } catch (error) {
        if (errnoOf(error) === 'EEXIST') continue;
        throw error;
      }
      const dir = this.backend.openDir(this.dir, spec.name);
      try {
        prepare(dir, spec);
      } finally {
        dir.close();
      }
    }
  }

  /** Releases everything. */
  close(): void {
    for (const { dir } of this.#zones.values()) dir.close();
    for (const dir of this.#retired) dir.close();
    this.#zones.clear();
    this.dir.close();
  }
}

/** Creates the agent root by its path when it is missing; the way to it is the operator's. */
export function createRoot(path: string, mode: number): boolean {
  if (existsSync(path)) return false;
  mkdirSync(path, { recursive: true, mode });
  return true;
}
