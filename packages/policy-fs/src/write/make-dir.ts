import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { errnoOf } from '../errors/from-system-error.js';
import type { FsContext } from '../fs-context.js';
import { checkNewName } from '../path/new-name.js';
import type { Dir } from '../walk/backend.js';
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
  usage.admit(0, 1);
  const mode = settings.dirMode(zone.spec);
  const owner = ownerOf(settings, zone);
  parent.confirm();
  try {
    mkdirSync(parent.at(name), { mode });
  } catch (error) {
    usage.release(0, 1);
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
  parent.confirm();
  // A umask takes rights of group and others away, so only such modes need the second step.
  if ((mode & 0o077) === 0 && !owner) return true;
  const dir = locator.root.backend.openDir(parent, name);
  try {
    prepareDir(dir, owner, mode);
  } finally {
    dir.close();
  }
  return true;
}
