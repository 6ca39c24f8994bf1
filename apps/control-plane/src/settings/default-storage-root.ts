import { homedir } from 'node:os';
import { join } from 'node:path';
import { SettingsError } from './settings-error.js';

/**
 * Gives where everything is kept unless a setting says otherwise.
 * @throws SettingsError `ADMIN_STORAGE_ROOT` for a user without a home directory, as in a container with any uid.
 */
export function defaultStorageRoot(home?: string): string {
  return join(home ?? userHome(), '.clawforce-data');
}

/** Tells whether the user's commands find this directory without being told. */
export function isDefaultStorageRoot(root: string): boolean {
  try {
    return root === defaultStorageRoot();
  } catch (error) {
    if (error instanceof SettingsError) return false;
    throw error;
  }
}

function userHome(): string {
  try {
    return homedir();
  } catch (cause) {
    throw new SettingsError(
      'ADMIN_STORAGE_ROOT',
      'this user has no home directory; name the directory where everything is kept, or use --data-dir',
      { cause },
    );
  }
}
