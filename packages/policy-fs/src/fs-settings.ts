import type { AuditListener } from './audit/audit-event.js';
import type { LinkPolicy } from './walk/resolve.js';
import { flag } from './options/flag.js';
import { checkKeys } from './options/known-keys.js';
import { checkMode, checkOwner, type OwnerRule, type ZoneSpec } from './zones/zone-table.js';

/** How much the writable zones may hold together. */
export interface Quota {
  /** Bytes of file content. */
  readonly bytes?: number;
  /** Number of files and directories. */
  readonly files?: number;
}

/** What {@link AgentFS.open} takes. */
export interface AgentFSOptions {
  /** The zone table; by default workspace rw, profiles ro, the rest hidden. */
  readonly zones?: readonly ZoneSpec[];
  /**
   * Owner of what is created (needs the right to give files away). `zone` takes the owner that the zone's directory has
   * then, and only for root: others cannot give files away.
   */
  readonly owner?: OwnerRule;
  /** Mode bits of new files, 0o600 by default; an existing file keeps its own. */
  readonly fileMode?: number;
  /** Mode bits of new directories, 0o700 by default. */
  readonly dirMode?: number;
  /** Creates the agent root and the directories of its zones where they are missing; `false` by default. */
  readonly create?: boolean;
  /** Bounds for the writable zones together; none by default. */
  readonly quota?: Quota;
  /** Syncs file and directory before a write is reported as done; `true` by default. */
  readonly durable?: boolean;
  /** Which symbolic links are followed; `inside` (to any visible zone) by default. */
  readonly links?: LinkPolicy;
  /** `deny` (default) refuses files with a second name; `allow` refuses only names of hidden or read-only files. */
  readonly hardLinks?: 'deny' | 'allow';
  /** Refuses new names that Windows cannot hold; `false` by default. */
  readonly portableNames?: boolean;
  /** Largest piece that one read gives, in bytes; 32 MiB by default. */
  readonly maxReadBytes?: number;
  /** Largest file that a write, append or edit may leave, in bytes; 100 MiB by default. */
  readonly maxWriteBytes?: number;
  /** Accepts platforms where a swap of directories is only noticed, not prevented; `false` by default. */
  readonly allowDetectOnly?: boolean;
  /** `detect` takes the portable way even where the kernel could do better: to see what other platforms get. */
  readonly containment?: 'kernel' | 'detect';
  /** Gets one event for each call. What it throws fails the call. */
  readonly onAudit?: AuditListener;
}

/** The checked options with their defaults. */
export interface Settings {
  readonly fileMode: (zone: ZoneSpec) => number;
  readonly dirMode: (zone: ZoneSpec) => number;
  readonly owner: (zone: ZoneSpec) => OwnerRule | undefined;
  readonly create: boolean;
  readonly quota: Quota | undefined;
  readonly durable: boolean;
  readonly links: LinkPolicy;
  readonly hardLinks: 'deny' | 'allow';
  readonly portableNames: boolean;
  readonly maxReadBytes: number;
  readonly maxWriteBytes: number;
  readonly allowDetectOnly: boolean;
  readonly containment: 'kernel' | 'detect';
  readonly onAudit: AuditListener | undefined;
}

const KNOWN: readonly (keyof AgentFSOptions)[] = [
  'zones',
  'owner',
  'fileMode',
  'dirMode',
  'create',
  'quota',
  'durable',
  'links',
  'hardLinks',
  'portableNames',
  'maxReadBytes',
  'maxWriteBytes',
  'allowDetectOnly',
  'containment',
  'onAudit',
];

/**
 * Gives the options with their defaults; the zone table is checked by `zoneTable`.
 *
 * @throws TypeError naming the bad option.
 */
export function readSettings(options: AgentFSOptions = {}): Settings {
  checkKeys(options, KNOWN);
  checkMode('option "fileMode"', options.fileMode);
  checkMode('option "dirMode"', options.dirMode);
  checkOwner('option "owner"', options.owner);
  const { fileMode = 0o600, dirMode = 0o700, owner, onAudit, quota } = options;
  if (onAudit !== undefined && typeof (onAudit as unknown) !== 'function') {
    throw new TypeError('option "onAudit" must be a function');
  }
  if (quota !== undefined) {
    checkKeys(quota, ['bytes', 'files'], 'quota.');
    count('quota.bytes', quota.bytes, 0);
    count('quota.files', quota.files, 0);
  }
  return {
    fileMode: (zone) => zone.fileMode ?? fileMode,
    dirMode: (zone) => zone.dirMode ?? dirMode,
    owner: (zone) => zone.owner ?? owner,
    create: flag('create', options.create),
    // What the caller does to its own object later changes nothing.
    quota: quota && Object.freeze({ ...quota }),
    durable: flag('durable', options.durable, true),
    links: choice('links', options.links, ['inside', 'same-zone', 'deny']),
    hardLinks: choice('hardLinks', options.hardLinks, ['deny', 'allow']),
    portableNames: flag('portableNames', options.portableNames, process.platform === 'win32'),
    maxReadBytes: count('maxReadBytes', options.maxReadBytes, 32 * 1024 * 1024),
    maxWriteBytes: count('maxWriteBytes', options.maxWriteBytes, 100 * 1024 * 1024),
    allowDetectOnly: flag('allowDetectOnly', options.allowDetectOnly),
    containment: choice('containment', options.containment, ['kernel', 'detect']),
    onAudit,
  };
}

function count(name: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new TypeError(`option "${name}" must be a whole number, 0 or more`);
  }
  return value as number;
}

function choice<T extends string>(name: string, value: T | undefined, choices: readonly [T, ...T[]]): T {
  if (value === undefined) return choices[0];
  if (!choices.includes(value)) throw new TypeError(`option "${name}" must be one of ${choices.join(', ')}`);
  return value;
}
