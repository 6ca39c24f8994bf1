import { linkSync, mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { errnoOf } from '../errors/from-system-error.js';
import type { Call } from '../audit/call.js';
import type { FsContext } from '../fs-context.js';
import { checkNewName } from '../path/new-name.js';
import type { Dir } from '../walk/backend.js';
import type { Held, ZonePath } from '../walk/locate.js';
import { admitWritable } from '../write/hold-for-write.js';
import { withMadeDirs } from '../write/made-dirs.js';
import { syncDirectory } from '../write/publish.js';
import { placeWithoutLink } from './place-without-link.js';
import { isNameOf, takeAway } from './take-away.js';

type Named = Held & { readonly name: string; readonly entry: NonNullable<Held['entry']> };

/** Gives an entry another place; a link itself is moved, and nothing is ever replaced. */
export async function moveEntry(
  context: FsContext,
  call: Call,
  from: ZonePath,
  to: ZonePath,
): Promise<string> {
  const { locator, settings } = context;
  admitWritable(from.zone);
  admitWritable(to.zone);
  if (from.below === '' || to.below === '') throw new AgentFSError('ZONE_ROOT');
  const source = holdNamed(context, from);
  try {
    call.reached(source.path, source.entry);
    // Before a missing directory on the way is made.
    if (to.canonical === from.canonical) {
      throw new AgentFSError('EXISTS', { reason: 'Source and destination are the same.' });
    }
    if (source.entry.kind === 'directory' && to.canonical.startsWith(`${from.canonical}/`))
      throw intoItself();
    if (to.directory && source.entry.kind !== 'directory') {
      throw new AgentFSError('NOT_A_DIRECTORY', { reason: 'The destination ends in a slash.' });
    }
    return await withMadeDirs(context, async ({ make }) => {
      const target = locator.hold(
        { ...to, directory: false },
        { followLast: false, admitZone: admitWritable, makeDir: make },
      );
      try {
        const { name } = target;
        if (name === undefined || target.entry) throw new AgentFSError('EXISTS');
        checkNewName(name, settings.portableNames);
        place(source, target.parent, name);
        call.reached(target.path, undefined);
        if (settings.durable) {
          await syncDirectory(target.parent);
          await syncDirectory(source.parent);
        }
        return target.path;
      } finally {
        target.release();
      }
    });
  } finally {
    source.release();
  }
}

/** Gives an entry another name in its own directory. */
export async function renameEntry(
  context: FsContext,
  call: Call,
  from: ZonePath,
  name: string,
): Promise<string> {
  const { settings } = context;
  admitWritable(from.zone);
  if (from.below === '') throw new AgentFSError('ZONE_ROOT');
  checkNewName(name, settings.portableNames);
  const source = holdNamed(context, from);
  try {
    call.reached(source.path, source.entry);
    if (name === source.name) throw new AgentFSError('EXISTS', { reason: 'The name is the same.' });
    place(source, source.parent, name);
    const path = `${source.path.slice(0, -source.name.length)}${name}`;
    call.reached(path, undefined);
    if (settings.durable) await syncDirectory(source.parent);
    return path;
  } finally {
    source.release();
  }
}

function holdNamed({ locator }: FsContext, gated: ZonePath): Named {
  const held = locator.holdExisting(gated, { followLast: false, admitZone: admitWritable });
  const { name, entry } = held;
  if (name !== undefined && entry) return { ...held, name, entry };
  held.release();
  throw new AgentFSError('ZONE_ROOT');
}

/**
 * Moves without replacing, atomically: link(2) and mkdir(2) fail when the name is taken; a rename over the empty
 * directory that was just made fails when it is no longer empty.
 */
function place(source: Named, parent: Dir, name: string): void {
  const from = source.parent.at(source.name);
  const to = parent.at(name);
  source.parent.confirm();
  parent.confirm();
  if (source.entry.kind === 'directory') {
    mkdirSync(to, { mode: 0o700 });
    try {
      renameSync(from, to);
    } catch (error) {
      try {
        rmdirSync(to);
      } catch {
        // It is no longer empty, so it is no longer ours.
      }
      if (errnoOf(error) === 'EINVAL') throw intoItself();
      throw error;
    }
  } else {
    try {
      linkSync(from, to);
    } catch (error) {
      if (!['EPERM', 'EMLINK', 'EOPNOTSUPP', 'ENOSYS', 'EACCES'].includes(errnoOf(error) ?? '')) throw error;
      placeWithoutLink(from, to);
      return;
    }
    try {
      takeAway(source.parent, source.name, source.entry, to);
    } catch (error) {
      withdraw(source, parent, name);
      throw error;
    }
  }
  source.parent.confirm();
  parent.confirm();
}

/** Takes the new name back when the old one could not be removed: a file under two names would be refused under both. */
function withdraw({ parent: oldParent, name: oldName, entry }: Named, parent: Dir, name: string): void {
  const from = oldParent.at(oldName);
  try {
    // The only name that is left must stay.
    if (isNameOf(from, entry)) takeAway(parent, name, entry, from);
  } catch {
    // The error of the move itself is the one to tell.
  }
}

function intoItself(): AgentFSError {
  return new AgentFSError('INVALID_PATH', {
    reason: 'A directory cannot be moved into itself.',
    hint: 'Choose a destination outside it.',
  });
}
