import { createDecision, type Decision } from '@clawforce/policy-core';
import type { Operation } from '../audit/audit-event.js';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { toAgentFSError } from '../errors/from-system-error.js';
import type { FsContext } from '../fs-context.js';
import { checkNewName } from '../path/new-name.js';
import type { GatedPath } from '../path/lexical-gate.js';
import { shownPath } from '../path/shown-path.js';
import { checkRegular } from '../read/hard-links.js';
import { placeOfPattern } from '../search/place-of-pattern.js';
import type { EntryKind } from '../walk/backend.js';
import type { Held, ZonePath } from '../walk/locate.js';
import { admitWritable } from '../write/hold-for-write.js';
import { TOUCHES } from './operations.js';

/** Where an admitted operation leads. */
interface Place {
  /** Canonical path, links followed as the operation follows them. */
  readonly path: string;
  /** What is there, if anything is. */
  readonly kind?: EntryKind;
}

/**
 * Judges an operation as things are now, without doing it: spelling, zone, names that would be made, links, kind of file.
 * Whether it would succeed (existence, space, permissions, quota) is not judged: what fails for such a reason is admitted.
 * Never throws for a path.
 */
export function judge(
  context: FsContext,
  policyDigest: string,
  op: Operation,
  path: string,
  to: string | undefined,
): Decision {
  try {
    return createDecision({
      effect: 'allow',
      layer: 'zone',
      rule: 'fs.zone.admitted',
      reason: 'The place may be used in this way.',
      input: placeOf(context, op, path, to),
      policyDigest,
    });
  } catch (error) {
    return toAgentFSError(error).placed(shownPath(path), policyDigest).decision;
  }
}

/** Gives the canonical path of an admitted place. Spelling and zones come first, as nothing on disk excuses them. */
function placeOf(context: FsContext, op: Operation, path: string, to: string | undefined): string {
  const { locator, settings } = context;
  if (op === 'glob') {
    return holdPlace(context, op, placeOfPattern(locator, path, false).base).path;
  }
  const gated = admitSpelling(context, op, path);
  const target = to !== undefined && op === 'move' ? admitSpelling(context, op, to) : undefined;
  if (to !== undefined && op === 'rename') checkNewName(to, settings.portableNames);
  if (!gated.zone || gated.below === '') return gated.canonical;
  const place = holdPlace(context, op, gated as ZonePath);
  if (target && target.canonical !== gated.canonical) {
    if (target.directory && place.kind !== undefined && place.kind !== 'directory') {
      throw new AgentFSError('NOT_A_DIRECTORY');
    }
    const intoItself = (at: string): boolean => place.kind === 'directory' && at.startsWith(`${place.path}/`);
    if (intoItself(target.canonical) || intoItself(holdDestination(context, target as ZonePath))) {
      throw new AgentFSError('INVALID_PATH', { reason: 'A directory cannot be moved into itself.' });
    }
  }
  return place.path;
}

/** Judges what can be judged without the disk. */
function admitSpelling({ locator }: FsContext, op: Operation, path: string): GatedPath {
  const touch = TOUCHES[op];
  const changing = touch === 'write' || touch === 'name';
  const gated = locator.gate(path);
  if (!gated.zone) {
    if (changing || touch === 'read' || op === 'grep') throw new AgentFSError('ZONE_ROOT');
    return gated;
  }
  if (changing) admitWritable(gated.zone);
  if (gated.below === '') {
    if (touch === 'write' || (touch === 'name' && op !== 'mkdir')) throw new AgentFSError('ZONE_ROOT');
    if (touch === 'read') throw new AgentFSError('IS_A_DIRECTORY');
  }
  return gated;
}

function holdPlace(context: FsContext, op: Operation, gated: ZonePath): Place {
  const { locator, settings } = context;
  const touch = TOUCHES[op];
  const changing = touch === 'write' || touch === 'name';
  const making = op === 'writeFile' || op === 'appendFile' || op === 'mkdir';
  // A trailing slash asks for nothing more there.
  const plain = op === 'mkdir' ? { ...gated, directory: false } : gated;
  const looking = { changing, making, followLast: touch !== 'name', file: touch === 'write' };
  return lookAt(context, plain, looking, (held) => {
    const { entry } = held;
    // A link in the place of a directory that is wanted is followed by the operation as well.
    if (op === 'mkdir' && entry?.kind === 'symlink') {
      locator.hold(plain, { followLast: true }).release();
    }
    const content = touch === 'read' || touch === 'write' || (op === 'grep' && entry?.kind !== 'directory');
    if (entry && content) checkRegular(entry, locator.root, settings.hardLinks, changing);
    return { path: held.path, ...(entry ? { kind: entry.kind } : {}) };
  });
}

/** Judges where an entry would be moved to. */
function holdDestination(context: FsContext, gated: ZonePath): string {
  const options = { changing: true, making: true, followLast: false, file: false };
  return lookAt(context, { ...gated, directory: false }, options, ({ path }) => ({ path })).path;
}

/** How an operation goes to its place. */
interface Way {
  /** It changes what is there, so every zone on the way must be writable. */
  readonly changing: boolean;
  /** It makes what is missing on the way. */
  readonly making: boolean;
  readonly followLast: boolean;
  /** What it makes at the end is a file. */
  readonly file: boolean;
}

/** Looks at a place without making what an operation would make on the way: its names are judged instead. */
function lookAt(
  { locator, settings }: FsContext,
  gated: ZonePath,
  { changing, making, followLast, file }: Way,
  look: (held: Held) => Place,
): Place {
  const wouldBeMade = new Error('judged before the directory was made');
  const judgeNew = (names: readonly string[]): void => {
    for (const name of names) if (!['', '.', '..'].includes(name)) checkNewName(name, settings.portableNames);
  };
  let held: Held;
  try {
    held = locator.hold(gated, {
      followLast,
      ...(changing ? { admitZone: admitWritable } : {}),
      ...(making
        ? {
            makeDir: (_parent, name, _zone, below) => {
              // No file is made of a path that ends in a slash. Only the text of a link can lead up again, which makes nothing.
              judgeNew([name, ...(file && gated.directory ? below.slice(0, -1) : below)]);
              throw wouldBeMade;
            },
          }
        : {}),
    });
  } catch (error) {
    if (error === wouldBeMade) return { path: gated.canonical };
    throw error;
  }
  try {
    if ((making || file) && held.name !== undefined && !held.entry && !(file && gated.directory))
      judgeNew([held.name]);
    return look(held);
  } finally {
    held.release();
  }
}
