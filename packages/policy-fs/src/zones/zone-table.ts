import { checkKeys } from '../options/known-keys.js';
import { foldName } from '../path/look-alike.js';

/** What the tools may do in a zone; `hidden` zones answer the same whether or not a file exists. */
export type ZoneMode = 'rw' | 'ro' | 'hidden';

/** User and group, for files and directories that are created. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Who owns what is created: a user and group, or whoever owns the directory of the zone by then. */
export type OwnerRule = Owner | 'zone';

/** One zone: a directory right below the agent root. */
export interface ZoneSpec {
  /** Name of the directory below the agent root. */
  readonly name: string;
  /** `rw`, `ro` or `hidden`. */
  readonly mode: ZoneMode;
  /** Mode bits of new files; the option `fileMode` of {@link AgentFS.open} by default. */
  readonly fileMode?: number;
  /** Mode bits of new directories; the option `dirMode` by default. */
  readonly dirMode?: number;
  /** Owner of what is created in this zone; the option `owner` by default. */
  readonly owner?: OwnerRule;
}

/** The zones of an agent directory as the agent's own tools see them. */
export const DEFAULT_ZONES: readonly ZoneSpec[] = Object.freeze([
  { name: 'workspace', mode: 'rw' },
  { name: 'profiles', mode: 'ro' },
  { name: '.config', mode: 'hidden' },
  { name: '.sessions', mode: 'hidden' },
  { name: '.logs', mode: 'hidden' },
  { name: '.state', mode: 'hidden' },
]);

const ZONE_KEYS: readonly (keyof ZoneSpec)[] = ['name', 'mode', 'fileMode', 'dirMode', 'owner'];

/** The zone that a bare path means. */
export const DEFAULT_ZONE = 'workspace';

/** Zones by name, and every name that is protected: those of the table and the well-known ones left out of it. */
export interface ZoneTable {
  readonly zones: readonly ZoneSpec[];
  readonly visible: ReadonlyMap<string, ZoneSpec>;
  readonly protectedNames: readonly string[];
}

/**
 * Gives the checked zone table. A well-known zone that the table leaves out is hidden.
 *
 * @throws TypeError naming the bad entry.
 */
export function zoneTable(specs: readonly ZoneSpec[] = DEFAULT_ZONES): ZoneTable {
  const given: unknown = specs;
  if (!Array.isArray(given) || given.length === 0) {
    throw new TypeError('option "zones" must be a list of zones');
  }
  const seen = new Map<string, ZoneSpec>();
  for (const [index, spec] of specs.entries()) {
    const at = `option "zones[${index}]`;
    checkKeys(spec, ZONE_KEYS, `zones[${index}].`);
    const { name, mode } = spec as { name: unknown; mode: unknown };
    if (typeof name !== 'string' || !/^[^/\\\0]{1,255}$/.test(name) || name === '.' || name === '..') {
      throw new TypeError(`${at}.name" must be the name of a directory`);
    }
    if (mode !== 'rw' && mode !== 'ro' && mode !== 'hidden') {
      throw new TypeError(`${at}.mode" must be "rw", "ro" or "hidden"`);
    }
    const folded = foldName(name);
    if ([...seen.keys()].some((other) => foldName(other) === folded)) {
      throw new TypeError(
        `${at}.name" is given twice, or differs in a way that some file systems do not see`,
      );
    }
    checkMode(`${at}.fileMode"`, spec.fileMode);
    checkMode(`${at}.dirMode"`, spec.dirMode);
    checkOwner(`${at}.owner"`, spec.owner);
    seen.set(name, Object.freeze({ ...spec }));
  }
  const zones = Object.freeze([...seen.values()]);
  return {
    zones,
    visible: new Map(zones.filter(({ mode }) => mode !== 'hidden').map((zone) => [zone.name, zone])),
    protectedNames: [...new Set([...seen.keys(), ...DEFAULT_ZONES.map(({ name }) => name)])],
  };
}

/** Refuses mode bits that are no number between 0 and 0o777. */
export function checkMode(label: string, mode: unknown): void {
  if (mode === undefined) return;
  if (!Number.isInteger(mode) || (mode as number) < 0 || (mode as number) > 0o777) {
    throw new TypeError(`${label} must be mode bits between 0 and 0o777`);
  }
}

/** Refuses an owner that is neither two numbers nor `zone`. */
export function checkOwner(label: string, owner: unknown): void {
  if (owner === undefined || owner === 'zone') return;
  const { uid, gid } = (owner ?? {}) as { uid?: unknown; gid?: unknown };
  const isId = (id: unknown): boolean =>
    Number.isInteger(id) && (id as number) >= 0 && (id as number) < 2 ** 32 - 1;
  if (!isId(uid) || !isId(gid)) throw new TypeError(`${label} must be { uid, gid } or "zone"`);
}
