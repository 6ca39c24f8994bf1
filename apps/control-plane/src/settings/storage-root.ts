import { resolve } from 'node:path';
import { defaultStorageRoot } from './default-storage-root.js';
import type { SettingsFlags } from './settings.js';
import { SettingsError } from './settings-error.js';
import type { Variables } from './variables.js';

/** Where settings come from; the application passes `process.env`. */
export interface SettingsSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags?: SettingsFlags;
  /** Home directory; the user's unless given. */
  readonly home?: string;
  /** Directory that relative paths start from; the current one unless given. */
  readonly cwd?: string;
}

/** Gives the directory where everything is kept, absolute: by flag, by variable or by default. @throws SettingsError */
export function readStorageRoot(variables: Variables, source: SettingsSource): string {
  const given = source.flags?.dataDir ?? variables.ADMIN_STORAGE_ROOT;
  const name = source.flags?.dataDir === undefined ? 'ADMIN_STORAGE_ROOT' : '--data-dir';
  if (given === undefined) return defaultStorageRoot(source.home);
  if (given === '' || given.includes('\0')) throw new SettingsError(name, 'expected a path');
  const root = resolve(source.cwd ?? process.cwd(), given);
  if (root === '/') throw new SettingsError(name, 'the root of the file system is refused');
  return root;
}
