import { lstatSync } from 'node:fs';
import type { Settings } from '../fs-settings.js';
import type { PinnedZone } from '../walk/pinned-root.js';
import type { Owner } from '../zones/zone-table.js';

/** Gives the owner of what is created in a zone, or `undefined` for this process. */
export function ownerOf({ owner }: Pick<Settings, 'owner'>, zone: PinnedZone): Owner | undefined {
  const rule = owner(zone.spec);
  if (rule !== 'zone') return rule;
  if (process.getuid?.() !== 0) return undefined;
  const { uid, gid } = lstatSync(zone.dir.self);
  return uid === 0 && gid === process.getgid?.() ? undefined : { uid, gid };
}
