import { chmodSync, chownSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { errnoOf } from '../errors/from-system-error.js';
import type { FsContext } from '../fs-context.js';
import { checkNewName } from '../path/new-name.js';
import type { Backend, Dir } from '../walk/backend.js';
import type { PinnedZone } from '../walk/pinned-root.js';
import type { Owner } from '../zones/zone-table.js';
import { ownerOf } from './owner-of.js';

/** Sets owner and mode of a new directory that is held. */
export function prepareDir(dir: Dir, owner: Owner | undefined, mode: number): void {
  if (owner) chownSync(dir.self, owner.uid, owner.gid);
  chmodSync(dir.self, mode);
}

/** Makes one directory in a held one; one that appeared meanwhile is as good. Gives whether it was made. */
export function makeOneDir(
  { locator, settings, usage }: FsContext,
  parent: Dir,
  name: string,
  zone: PinnedZone,
): boolean {
  checkNewName(name, settings.portableNames);
  const room = usage.reserve({ bytes: 0, files: 1 });
  try {
    const mode = settings.dirMode(zone.spec);
    const owner = ownerOf(settings, zone);
    parent.confirm();
    mkdirSync(parent.at(name), { mode });
    room.keep();
    parent.confirm();
    // A umask takes rights of group and others away, so only such modes need the second step.
    if ((mode & 0o077) !== 0 || owner) prepareFresh(locator.root.backend, parent, name, owner, mode);
    return true;
  } catch (error) {
    room.drop();
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Sets owner and mode of a directory that was just made, or removes it again. */
function prepareFresh(
  backend: Backend,
  parent: Dir,
  name: string,
  owner: Owner | undefined,
  mode: number,
): void {
  const dir = holdFresh(backend, parent, name, owner);
  try {
    prepareDir(dir, owner, mode);
  } catch (error) {
    removeEmpty(parent, name);
    throw error;
  } finally {
    dir.close();
  }
}

/** Removes a directory that a failed call made, unless somebody has put something into it or taken it away. */
export function removeEmpty(parent: Dir, name: string): void {
  try {
    parent.confirm();
    rmdirSync(parent.at(name));
  } catch {
    // What is in use stays.
  }
}

/**
 * Holds a directory that was just made. mkdir(2) gives no descriptor, so its name may have been given to another one, and
 * what is given away must not be that: only an empty directory of this process (or of whom it is given to, where the file
 * system decides that) is taken for the new one.
 *
 * @throws AgentFSError `RACE` when it is another one.
 */
export function holdFresh(backend: Backend, parent: Dir, name: string, owner?: Owner): Dir {
  const entry = backend.openEntry(parent, name);
  try {
    // Windows knows no owners.
    const known = [process.geteuid?.() ?? entry.stat.uid, owner?.uid];
    if (entry.kind !== 'directory' || !known.includes(entry.stat.uid)) throw new AgentFSError('RACE');
    const dir = entry.asDir();
    let fresh = false;
    try {
      fresh = readdirSync(dir.self).length === 0;
    } finally {
      if (!fresh) dir.close();
    }
    if (!fresh) throw new AgentFSError('RACE');
    return dir;
  } finally {
    entry.close();
  }
}
