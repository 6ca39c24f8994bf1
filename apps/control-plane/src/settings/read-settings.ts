import { createSecretKey, type KeyObject } from 'node:crypto';
import { join, resolve } from 'node:path';
import { AuthError, normalizeUsername } from '@clawforce/auth-rbac';
import { parseDatabaseUrl } from '../storage/database/database-url.js';
import { createKeyRing, parseMasterKeys, type KeyRing } from '../vault/key-ring.js';
import { VaultError } from '../vault/vault-error.js';
import { isKnownDefault } from './known-secrets.js';
import { isLoopbackHost, parseOrigin, parseOrigins, parseTrustProxy } from './network-settings.js';
import { ownDirectory, privateDirectory } from './private-directory.js';
import { prepareRuntimeDirectory, runtimeDirectory } from './runtime-directory.js';
import { generatedSecret, readSecretFile } from './secret-file.js';
import type { Settings, SettingsFlags, SetupUser } from './settings.js';
import { SettingsError } from './settings-error.js';
import { readStorageRoot, type SettingsSource } from './storage-root.js';
import { readVariables, unknownVariables, type Variables } from './variables.js';

type Mode = Settings['mode'];

const MIN_JWT_SECRET_BYTES = 32;
const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

/**
 * Reads every setting once, makes the directories and, in development, the secrets that are missing, and gives a frozen
 * object. Throws SettingsError with the name of the first variable or flag that is refused.
 */
export function readSettings(source: SettingsSource): Settings {
  const { env, flags = {} } = source;
  const variables = readVariables(env);
  const mode: Mode = variables.CLAWFORCE_ENV === 'production' ? 'production' : 'development';
  const warnings: string[] = [...unknownVariables(env)];

  const network = readNetwork(mode, variables, flags, warnings);
  const backend = readBackend(mode, variables, flags);
  const storageRoot = readStorageRoot(variables, source);
  const adminDir = join(storageRoot, 'admin');
  const agentsDir = join(storageRoot, 'agents');
  const databaseUrl = readDatabaseUrl(variables, adminDir, source.cwd ?? process.cwd());
  const setup = readSetup(variables);
  const runtimeDir = runtimeDirectory({
    configured: variables.AGENT_RUNTIME_DIR,
    storageRoot,
    uid: process.getuid?.() ?? 0,
    platform: process.platform,
    xdgRuntimeDir: env['XDG_RUNTIME_DIR'],
  });
  if (mode === 'production') requireSecrets(variables);

  // Nothing has been touched up to here: a refused setting leaves no trace.
  const rootVariable = flags.dataDir === undefined ? 'ADMIN_STORAGE_ROOT' : '--data-dir';
  ownDirectory(storageRoot, rootVariable);
  privateDirectory(adminDir, rootVariable);
  ownDirectory(agentsDir, rootVariable);
  prepareRuntimeDirectory(runtimeDir);

  const settings = {
    mode,
    ...network,
    ...backend,
    jwtSecret: readJwtSecret(mode, variables, adminDir, warnings),
    masterKeys: readMasterKeys(mode, variables, adminDir, warnings),
    setup,
    storageRoot,
    adminDir,
    agentsDir,
    databaseUrl,
    runtimeDir,
    docker: Object.freeze({
      image: variables.AGENT_IMAGE,
      engine: variables.DOCKER_HOST,
      storageHostPath: variables.AGENT_STORAGE_HOST_PATH,
      runtimeHostPath: variables.AGENT_RUNTIME_HOST_PATH,
      memory: variables.AGENT_DOCKER_MEM_LIMIT ?? '2g',
      cpuQuota: Number(variables.AGENT_DOCKER_CPU_QUOTA ?? 100_000),
      cpuPeriod: Number(variables.AGENT_DOCKER_CPU_PERIOD ?? 100_000),
      disk: variables.AGENT_DOCKER_DISK_LIMIT ?? '10g',
      uidRange: readUidRange(variables.AGENT_UID_RANGE ?? '200000-265535'),
    }),
    warnings: Object.freeze(warnings),
  } satisfies Settings;
  Object.defineProperty(settings, 'databaseUrl', { enumerable: false });
  return Object.freeze(settings);
}

function readNetwork(
  mode: Mode,
  variables: Variables,
  flags: SettingsFlags,
  warnings: string[],
): Pick<Settings, 'host' | 'port' | 'logLevel' | 'publicUrl' | 'corsOrigins' | 'trustProxy'> {
  const host = flags.host ?? '127.0.0.1';
  if (host === '' || !/^[A-Za-z0-9.:[\]-]{1,253}$/.test(host)) {
    throw new SettingsError('--host', 'expected an address or a host name');
  }
  const port = flags.port ?? 8080;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new SettingsError('--port', 'expected a number from 0 to 65535');
  }
  const logLevel = LOG_LEVELS.find((level) => level === (flags.logLevel ?? 'info'));
  if (logLevel === undefined) throw new SettingsError('--log-level', `expected ${LOG_LEVELS.join(', ')}`);

  const url =
    variables.ADMIN_PUBLIC_URL === undefined
      ? undefined
      : parseOrigin(variables.ADMIN_PUBLIC_URL, 'ADMIN_PUBLIC_URL');
  if (mode === 'development') {
    const rule = 'CLAWFORCE_ENV=development serves this machine only; set CLAWFORCE_ENV=production';
    if (!isLoopbackHost(host)) throw new SettingsError('--host', rule);
    if (url !== undefined && !isLoopbackHost(url.hostname)) throw new SettingsError('ADMIN_PUBLIC_URL', rule);
  } else if (url?.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    warnings.push('ADMIN_PUBLIC_URL is http: passwords and tokens cross the network in clear');
  }
  return {
    host,
    port,
    logLevel,
    publicUrl: url?.origin,
    corsOrigins: Object.freeze(parseOrigins(variables.CORS_ORIGINS, 'CORS_ORIGINS')),
    trustProxy: parseTrustProxy(variables.CLAWFORCE_TRUST_PROXY, 'CLAWFORCE_TRUST_PROXY'),
  };
}

function readBackend(
  mode: Mode,
  variables: Variables,
  flags: SettingsFlags,
): Pick<Settings, 'backend' | 'backendSource' | 'backendReason' | 'maxLevel' | 'unconfinedExec'> {
  const backend = variables.ADMIN_RUNTIME_BACKEND === 'process' ? 'process' : 'docker';
  if (backend === 'process' && mode === 'production') {
    throw new SettingsError('ADMIN_RUNTIME_BACKEND', 'the process backend is for development only');
  }
  const unconfinedExec = variables.CLAWFORCE_UNCONFINED_EXEC === '1';
  if (unconfinedExec && mode === 'production') {
    throw new SettingsError('CLAWFORCE_UNCONFINED_EXEC', 'is for development only');
  }
  return {
    backend,
    backendSource:
      variables.ADMIN_RUNTIME_BACKEND !== undefined
        ? 'environment'
        : flags.chooseBackend && mode === 'development'
          ? 'chosen'
          : 'default',
    backendReason: flags.backendReason,
    maxLevel: (variables.CLAWFORCE_MAX_LEVEL ?? 'permissive') as Settings['maxLevel'],
    unconfinedExec,
  };
}

function readUidRange(text: string): Settings['docker']['uidRange'] {
  const [first = 0, last = 0] = text.split('-').map(Number);
  // Below are the users of the host and of common images, root among them.
  if (first < 1000 || last < first || last > 4_294_967_293) {
    throw new SettingsError('AGENT_UID_RANGE', 'expected two users from 1000 on, such as 200000-265535');
  }
  return Object.freeze({ first, last });
}

function readDatabaseUrl(variables: Variables, adminDir: string, cwd: string): string {
  const given = variables.DATABASE_URL;
  if (given === undefined) return `file:${join(adminDir, 'clawforce.db')}`;
  const relative = /^file:(?![/:])(.+)$/.exec(given)?.[1];
  const url = relative === undefined ? given : `file:${resolve(cwd, relative)}`;
  try {
    parseDatabaseUrl(url);
  } catch (error) {
    throw new SettingsError('DATABASE_URL', error instanceof Error ? error.message : 'is not valid', {
      cause: error,
    });
  }
  return url;
}

function readSetup(variables: Variables): SetupUser | undefined {
  const { ADMIN_SETUP_USERNAME: name, ADMIN_SETUP_PASSWORD: password } = variables;
  if (name === undefined && password === undefined) return undefined;
  const setup: SetupUser = name === undefined ? {} : { username: setupName(name) };
  if (password !== undefined) Object.defineProperty(setup, 'password', { value: password });
  return Object.freeze(setup);
}

function requireSecrets(variables: Variables): void {
  const secret = variables.ADMIN_JWT_SECRET;
  const bytes = Buffer.byteLength(secret ?? '');
  if (secret === undefined || bytes < MIN_JWT_SECRET_BYTES) {
    throw new SettingsError('ADMIN_JWT_SECRET', `production needs at least ${MIN_JWT_SECRET_BYTES} bytes`);
  }
  if (isKnownDefault(secret)) {
    throw new SettingsError('ADMIN_JWT_SECRET', 'this value is a known default or can be guessed');
  }
  if (variables.SECRETS_MASTER_KEY === undefined && variables.SECRETS_MASTER_KEY_FILE === undefined) {
    throw new SettingsError(
      'SECRETS_MASTER_KEY',
      'production needs it, or SECRETS_MASTER_KEY_FILE: 32 random bytes in base64',
    );
  }
}

function readJwtSecret(mode: Mode, variables: Variables, adminDir: string, warnings: string[]): KeyObject {
  const given = variables.ADMIN_JWT_SECRET;
  if (given !== undefined) {
    if (
      mode === 'development' &&
      (Buffer.byteLength(given) < MIN_JWT_SECRET_BYTES || isKnownDefault(given))
    ) {
      warnings.push('ADMIN_JWT_SECRET is weak; production would refuse it');
    }
    return createSecretKey(Buffer.from(given));
  }
  const { text } = generatedSecret(join(adminDir, 'jwt-secret'), 'ADMIN_JWT_SECRET');
  return createSecretKey(Buffer.from(text));
}

function readMasterKeys(mode: Mode, variables: Variables, adminDir: string, warnings: string[]): KeyRing {
  const { SECRETS_MASTER_KEY: text, SECRETS_MASTER_KEY_FILE: file } = variables;
  if (text !== undefined && file !== undefined) {
    throw new SettingsError('SECRETS_MASTER_KEY', 'set it or SECRETS_MASTER_KEY_FILE, not both');
  }
  const variable = file === undefined ? 'SECRETS_MASTER_KEY' : 'SECRETS_MASTER_KEY_FILE';
  const keys = text ?? (file === undefined ? generate() : readSecretFile(file, variable));
  try {
    return createKeyRing(parseMasterKeys(keys));
  } catch (error) {
    if (error instanceof VaultError) throw new SettingsError(variable, error.message, { cause: error });
    throw error;
  }

  function generate(): string {
    const path = join(adminDir, 'master-key');
    const { text: generated, made } = generatedSecret(path, variable);
    if (made && mode === 'development') {
      warnings.push(`a master key was generated in ${path}; without it the stored secrets are lost`);
    }
    return generated;
  }
}

function setupName(name: string): string {
  try {
    return normalizeUsername(name);
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    throw new SettingsError('ADMIN_SETUP_USERNAME', 'expected 1 to 64 of a-z, 0-9 and . _ @ + -', {
      cause: error,
    });
  }
}
