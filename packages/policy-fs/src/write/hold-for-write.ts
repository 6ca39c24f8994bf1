import { closeSync, constants } from 'node:fs';
import { AgentFSError } from '../errors/agent-fs-error.js';
import type { FsContext } from '../fs-context.js';
import { checkNewName } from '../path/new-name.js';
import { checkRegular } from '../read/hard-links.js';
import type { Held, ZonePath } from '../walk/locate.js';
import type { ZoneSpec } from '../zones/zone-table.js';
import type { MadeDirs } from './made-dirs.js';

/** Refuses a zone that may not be written. */
export function admitWritable(zone: ZoneSpec): void {
  if (zone.mode !== 'rw') throw new AgentFSError('READ_ONLY', { reason: `${zone.name}/ is read-only.` });
}

/** Holds the place that a file is written to: a regular file, or a free name in a directory that `made` makes on demand. */
export function holdForWrite(
  context: FsContext,
  gated: ZonePath,
  made: MadeDirs | undefined,
  nameOnly = false,
): Held & { readonly name: string } {
  const { locator, settings } = context;
  admitWritable(gated.zone);
  if (gated.below === '') throw new AgentFSError('ZONE_ROOT');
  const held = locator.hold(gated, {
    followLast: true,
    nameOnly,
    admitZone: admitWritable,
    ...(made ? { makeDir: made.make } : {}),
  });
  try {
    const { name, entry } = held;
    if (name === undefined) throw new AgentFSError('IS_A_DIRECTORY');
    if (entry) {
      checkRegular(entry, locator.root, settings.hardLinks, true);
      // Replacing would pass over a file's own write protection.
      if ((entry.stat.mode & 0o200) === 0) closeSync(entry.open(constants.O_WRONLY));
    } else {
      if (gated.directory) throw new AgentFSError('IS_A_DIRECTORY', { reason: 'The path ends in a slash.' });
      checkNewName(name, settings.portableNames);
    }
    return { ...held, name };
  } catch (error) {
    held.release();
    throw error;
  }
}
