export { readSettings } from './read-settings.js';
export { readClientSettings, type ClientSettings } from './client-settings.js';
export type { SettingsSource } from './storage-root.js';
export type { DockerSettings, Settings, SettingsFlags, SetupUser } from './settings.js';
export { defaultStorageRoot, isDefaultStorageRoot } from './default-storage-root.js';
export { SettingsError } from './settings-error.js';
export { isLoopbackHost } from './network-settings.js';
export { VARIABLE_NAMES, type VariableName } from './variables.js';
export { MAX_SOCKET_PATH_BYTES } from './runtime-directory.js';
