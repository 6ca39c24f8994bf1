import { join } from 'node:path';
import { readStorageRoot, type SettingsSource } from './storage-root.js';
import { readVariables } from './variables.js';

/** What a verb of the command line needs before it has a server. The password is not enumerable, so that it is not printed. */
export interface ClientSettings {
  /** `{storageRoot}/admin` */
  readonly adminDir: string;
  readonly setupPassword: string | undefined;
}

/** Reads them with the checks of the server, and makes nothing. @throws SettingsError for the first that is refused */
export function readClientSettings(source: SettingsSource): ClientSettings {
  const variables = readVariables(source.env);
  const settings = {
    adminDir: join(readStorageRoot(variables, source), 'admin'),
    setupPassword: variables.ADMIN_SETUP_PASSWORD,
  };
  Object.defineProperty(settings, 'setupPassword', { enumerable: false });
  return Object.freeze(settings);
}
