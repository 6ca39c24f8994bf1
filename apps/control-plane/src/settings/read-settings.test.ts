import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSettings } from './read-settings.js';
import type { Settings, SettingsFlags } from './settings.js';
import { SettingsError } from './settings-error.js';
import { VARIABLE_NAMES } from './variables.js';

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cfs-'));
  root = join(folder, 'data');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Env = Record<string, string | undefined>;
const read = (env: Env = {}, flags: SettingsFlags = {}): Settings =>
  readSettings({
    env: { ADMIN_STORAGE_ROOT: root, AGENT_RUNTIME_DIR: join(folder, 'run'), ...env },
    flags,
    home: folder,
    cwd: folder,
  });
const refusal = (env: Env, flags: SettingsFlags = {}): SettingsError => {
  try {
    read(env, flags);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error('the settings were accepted');
};
const mode = (path: string): number => lstatSync(path).mode & 0o777;
const random = (): string => randomBytes(32).toString('base64');
const production = (): Env => ({
  CLAWFORCE_ENV: 'production',
  ADMIN_JWT_SECRET: random(),
  SECRETS_MASTER_KEY: random(),
});

describe('development', () => {
  test('works with nothing set: loopback, generated secrets, private directories', () => {
    const settings = read();
    expect(settings).toMatchObject({
      mode: 'development',
      host: '127.0.0.1',
      port: 8080,
      backend: 'docker',
      maxLevel: 'permissive',
      unconfinedExec: false,
      publicUrl: undefined,
      corsOrigins: [],
      trustProxy: undefined,
      setup: undefined,
      docker: { memory: '2g', cpuQuota: 100_000, cpuPeriod: 100_000, disk: '10g' },
    });
    expect(settings.databaseUrl).toBe(`file:${join(root, 'admin', 'clawforce.db')}`);
    for (const path of [root, settings.adminDir, settings.agentsDir, settings.runtimeDir]) {
      expect(mode(path)).toBe(0o700);
    }
    for (const name of ['jwt-secret', 'master-key']) expect(mode(join(settings.adminDir, name))).toBe(0o600);
    expect(readdirSync(settings.adminDir).sort()).toEqual(['jwt-secret', 'master-key']);
    expect(Object.isFrozen(settings)).toBe(true);
  });

  test('the generated secrets stay the same at the next start', () => {
    const [first, second] = [read(), read()];
    expect(second.jwtSecret.equals(first.jwtSecret)).toBe(true);
    expect(second.masterKeys.first.id).toBe(first.masterKeys.first.id);
    expect(first.warnings.join()).toContain('master-key');
    expect(second.warnings).toEqual([]);
  });

  test('an empty variable counts as not set, and flags win over variables', () => {
    const other = join(folder, 'other');
    const settings = read({ DATABASE_URL: '', CORS_ORIGINS: '' }, { dataDir: other, port: 0, host: '::1' });
    expect(settings).toMatchObject({ storageRoot: other, port: 0, host: '::1' });
  });

  test('printing the settings shows no secret', () => {
    const secrets = [random(), random(), `pw-${random()}`, `db-${randomBytes(8).toString('hex')}`];
    const [jwt, master, password, database] = secrets;
    const settings = read({
      ADMIN_JWT_SECRET: jwt,
      SECRETS_MASTER_KEY: master,
      ADMIN_SETUP_PASSWORD: password,
      DATABASE_URL: `postgresql://u:${database ?? ''}@localhost/x`,
    });
    expect(settings.setup?.password).toBe(password);
    const printed = inspect(settings, { depth: 9 }) + JSON.stringify(settings);
    for (const secret of secrets) expect(printed).not.toContain(secret);
  });

  test('unknown variables are named in a warning, those of other programs are not', () => {
    const { warnings } = read({
      CLAWFORCE_TRUSTED_PROXY: 'x',
      ADMIN_PASSWORD: 'x',
      CLAWFORCE_TEST_REQUIRE: 'all',
    });
    expect(warnings.filter((text) => text.includes('not a setting'))).toEqual([
      'ADMIN_PASSWORD is not a setting of this version and has no effect',
      'CLAWFORCE_TRUSTED_PROXY is not a setting of this version and has no effect',
    ]);
  });
});

describe('production', () => {
  test('starts with both secrets, any host and every address it is given', () => {
    const settings = read(
      {
        ...production(),
        ADMIN_PUBLIC_URL: 'https://claw.example.net',
        CORS_ORIGINS: 'https://a.example.net, https://b.example.net:8443',
        CLAWFORCE_TRUST_PROXY: '10.0.0.0/8, 192.168.1.5, fd00::/8',
        DATABASE_URL: 'postgresql://u@db/claw?schema=main',
        CLAWFORCE_MAX_LEVEL: 'sandboxed',
      },
      { host: '0.0.0.0' },
    );
    expect(settings).toMatchObject({
      publicUrl: 'https://claw.example.net',
      corsOrigins: ['https://a.example.net', 'https://b.example.net:8443'],
      trustProxy: ['10.0.0.0/8', '192.168.1.5', 'fd00::/8'],
      maxLevel: 'sandboxed',
    });
    expect(readdirSync(settings.adminDir)).toEqual([]);
  });

  test.each(['postgresql:///claw?host=/run/postgresql', 'postgresql://u@%2Frun%2Fpostgresql/claw'])(
    'a database on a unix socket: %s',
    (url) => expect(read({ DATABASE_URL: url }).databaseUrl).toBe(url),
  );

  test('a hop count is a number', () => expect(read({ CLAWFORCE_TRUST_PROXY: '2' }).trustProxy).toBe(2));

  test('master keys come from a file that only this user can read', () => {
    const path = join(folder, 'keys');
    const [newer, older] = [random(), random()];
    writeFileSync(path, `${newer}\n${older}\n`, { mode: 0o600 });
    const env = { ...production(), SECRETS_MASTER_KEY: undefined, SECRETS_MASTER_KEY_FILE: path };
    const { masterKeys } = read(env);
    expect(masterKeys.get(masterKeys.first.id)).toBe(masterKeys.first);
    chmodSync(path, 0o644);
    expect(refusal(env)).toMatchObject({ variable: 'SECRETS_MASTER_KEY_FILE' });
  });
});

describe('a refused setting is named and its value is not repeated', () => {
  const weak = ['change-me', 'your-secret-key'].map((start) => start + 'x'.repeat(40));
  const table: readonly (readonly [variable: string, env: Env, flags?: SettingsFlags])[] = [
    ['CLAWFORCE_ENV', { CLAWFORCE_ENV: 'prod-canary' }],
    ['CLAWFORCE_ENV', { CLAWFORCE_ENV: 'Production' }],
    ['ADMIN_JWT_SECRET', { ...production(), ADMIN_JWT_SECRET: undefined }],
    ['ADMIN_JWT_SECRET', { ...production(), ADMIN_JWT_SECRET: 'canary-too-short' }],
    ['ADMIN_JWT_SECRET', { ...production(), ADMIN_JWT_SECRET: weak[0] }],
    ['ADMIN_JWT_SECRET', { ...production(), ADMIN_JWT_SECRET: weak[1] }],
    ['ADMIN_JWT_SECRET', { ...production(), ADMIN_JWT_SECRET: 'a'.repeat(64) }],
    ['ADMIN_JWT_SECRET', { ...production(), ADMIN_JWT_SECRET: '0123456789'.repeat(4) }],
    ['ADMIN_JWT_SECRET', { ...production(), ADMIN_JWT_SECRET: 'my super-secret value for tokens' }],
    ['SECRETS_MASTER_KEY', { ...production(), SECRETS_MASTER_KEY: undefined }],
    ['SECRETS_MASTER_KEY', { SECRETS_MASTER_KEY: 'canary' }],
    ['SECRETS_MASTER_KEY', { SECRETS_MASTER_KEY: Buffer.alloc(32).toString('base64') }],
    ['SECRETS_MASTER_KEY', { SECRETS_MASTER_KEY: randomBytes(16).toString('base64') }],
    ['SECRETS_MASTER_KEY', { SECRETS_MASTER_KEY: ` , ` }],
    ['SECRETS_MASTER_KEY', { SECRETS_MASTER_KEY: random(), SECRETS_MASTER_KEY_FILE: '/canary' }],
    ['SECRETS_MASTER_KEY_FILE', { SECRETS_MASTER_KEY_FILE: 'relative-canary' }],
    ['SECRETS_MASTER_KEY_FILE', { SECRETS_MASTER_KEY_FILE: '/nonexistent/canary' }],
    ['SECRETS_MASTER_KEY_FILE', { SECRETS_MASTER_KEY_FILE: '/dev/null' }],
    ['ADMIN_STORAGE_ROOT', { ADMIN_STORAGE_ROOT: '/' }],
    ['ADMIN_STORAGE_ROOT', { ADMIN_STORAGE_ROOT: '/proc/nowhere' }],
    ['ADMIN_STORAGE_ROOT', { ADMIN_STORAGE_ROOT: '/dev/null' }],
    ['--data-dir', {}, { dataDir: '' }],
    ['--data-dir', {}, { dataDir: '/' }],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://u:canary@h/d' }],
    ['DATABASE_URL', { DATABASE_URL: 'file:' }],
    ['DATABASE_URL', { DATABASE_URL: 'file:/x?canary=1' }],
    ['DATABASE_URL', { DATABASE_URL: 'file::memory:' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgresql://u:canary@h/d?schema=A"B' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgresql://[canary' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgresql://u:canary@h/d?host=a%40b' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgresql://u:canary@h/d?host=@abstract' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgresql://u:canary@h/d?host=10.5' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgresql://u:canary@0x0a000005/d' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgresql://u:canary@010.0.0.5/d' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgresql://u:canary@h/d?host=fe80::1%25eth0' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgresql://u:canary@h/d?port=0' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgresql://u:canary@h/d?port=99999' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgresql://u:canary@h/d?port=canary' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgresql://u:canary@h/d?sslrootcert=/nonexistent/canary' }],
    ['ADMIN_RUNTIME_BACKEND', { ADMIN_RUNTIME_BACKEND: 'podman-canary' }],
    ['ADMIN_RUNTIME_BACKEND', { ...production(), ADMIN_RUNTIME_BACKEND: 'process' }],
    ['CLAWFORCE_MAX_LEVEL', { CLAWFORCE_MAX_LEVEL: 'root-canary' }],
    ['ADMIN_PUBLIC_URL', { ADMIN_PUBLIC_URL: 'https://canary.example.net' }],
    ['ADMIN_PUBLIC_URL', { ...production(), ADMIN_PUBLIC_URL: 'ftp://canary' }],
    ['ADMIN_PUBLIC_URL', { ...production(), ADMIN_PUBLIC_URL: 'https://a/canary' }],
    ['ADMIN_PUBLIC_URL', { ...production(), ADMIN_PUBLIC_URL: 'https://u:canary@a' }],
    ['ADMIN_PUBLIC_URL', { ...production(), ADMIN_PUBLIC_URL: 'canary' }],
    ['--host', {}, { host: '0.0.0.0' }],
    ['--host', {}, { host: '::' }],
    ['--host', {}, { host: '192.168.1.1' }],
    ['--host', {}, { host: '127.0.0.1.example.net' }],
    ['--host', {}, { host: '' }],
    ['--port', {}, { port: 65_536 }],
    ['--port', {}, { port: Number.NaN }],
    ['--log-level', {}, { logLevel: 'canary' }],
    ['CLAWFORCE_UNCONFINED_EXEC', { CLAWFORCE_UNCONFINED_EXEC: 'yes-canary' }],
    ['CLAWFORCE_UNCONFINED_EXEC', { ...production(), CLAWFORCE_UNCONFINED_EXEC: '1' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: '*' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'null' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'https://*.canary.net' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'https://a.net/' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'https://a.net:443' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'canary' }],
    ['CLAWFORCE_TRUST_PROXY', { CLAWFORCE_TRUST_PROXY: 'true' }],
    ['CLAWFORCE_TRUST_PROXY', { CLAWFORCE_TRUST_PROXY: '*' }],
    ['CLAWFORCE_TRUST_PROXY', { CLAWFORCE_TRUST_PROXY: '0' }],
    ['CLAWFORCE_TRUST_PROXY', { CLAWFORCE_TRUST_PROXY: '99' }],
    ['CLAWFORCE_TRUST_PROXY', { CLAWFORCE_TRUST_PROXY: '0.0.0.0/0' }],
    ['CLAWFORCE_TRUST_PROXY', { CLAWFORCE_TRUST_PROXY: '::/0' }],
    ['CLAWFORCE_TRUST_PROXY', { CLAWFORCE_TRUST_PROXY: '10.0.0.0/33' }],
    ['CLAWFORCE_TRUST_PROXY', { CLAWFORCE_TRUST_PROXY: '10.0.0.1,' }],
    ['CLAWFORCE_TRUST_PROXY', { CLAWFORCE_TRUST_PROXY: 'loopback' }],
    ['ADMIN_SETUP_PASSWORD', { ADMIN_SETUP_PASSWORD: 'canary'.repeat(200) }],
    ['ADMIN_SETUP_USERNAME', { ADMIN_SETUP_USERNAME: 'canary name' }],
    ['AGENT_IMAGE', { AGENT_IMAGE: '-canary' }],
    ['AGENT_STORAGE_HOST_PATH', { AGENT_STORAGE_HOST_PATH: 'canary' }],
    ['AGENT_RUNTIME_DIR', { AGENT_RUNTIME_DIR: 'canary' }],
    ['AGENT_RUNTIME_DIR', { AGENT_RUNTIME_DIR: `/tmp/${'canary'.repeat(9)}` }],
    ['AGENT_RUNTIME_HOST_PATH', { AGENT_RUNTIME_HOST_PATH: './canary' }],
    ['DOCKER_HOST', { DOCKER_HOST: 'canary:2375' }],
    ['AGENT_DOCKER_MEM_LIMIT', { AGENT_DOCKER_MEM_LIMIT: '-1' }],
    ['AGENT_DOCKER_DISK_LIMIT', { AGENT_DOCKER_DISK_LIMIT: '0' }],
    ['AGENT_DOCKER_CPU_QUOTA', { AGENT_DOCKER_CPU_QUOTA: '0' }],
    ['AGENT_DOCKER_CPU_PERIOD', { AGENT_DOCKER_CPU_PERIOD: '1e5' }],
    ['AGENT_UID_RANGE', { AGENT_UID_RANGE: '0-65535' }],
    ['AGENT_UID_RANGE', { AGENT_UID_RANGE: '999-65535' }],
    ['AGENT_UID_RANGE', { AGENT_UID_RANGE: '200001-200000' }],
    ['AGENT_UID_RANGE', { AGENT_UID_RANGE: '200000-4294967294' }],
  ];

  const cases = table.map(([variable, env, flags = {}]) => ({ variable, env, flags }));
  test.each(cases)('$variable (%#)', ({ variable, env, flags }) => {
    const error = refusal(env, flags);
    expect(error).toMatchObject({ variable, code: 'SETTINGS_INVALID' });
    expect(error.message.startsWith(`${error.variable}: `)).toBe(true);
    expect(error.message).not.toContain('canary');
    for (const name of ['ADMIN_JWT_SECRET', 'SECRETS_MASTER_KEY']) {
      const value = env[name];
      if (value !== undefined && value.trim().length > 3) expect(error.message).not.toContain(value);
    }
  });

  test('every variable has its row', () => {
    const rows = table.map(([variable]) => variable).filter((variable) => !variable.startsWith('--'));
    expect([...new Set(rows)].sort()).toEqual([...VARIABLE_NAMES].sort());
  });

  test('a refusal that needs no disk leaves no trace on it', () => {
    refusal({ CLAWFORCE_TRUST_PROXY: 'true' });
    refusal({ CLAWFORCE_ENV: 'production' });
    expect(existsSync(root)).toBe(false);
  });
});

describe('what someone else prepared is refused', () => {
  test('an admin directory that others can enter, or that is a link', () => {
    mkdirSync(join(root, 'admin'), { recursive: true });
    chmodSync(join(root, 'admin'), 0o750);
    expect(refusal({})).toMatchObject({ variable: 'ADMIN_STORAGE_ROOT' });
    rmSync(join(root, 'admin'), { recursive: true });
    mkdirSync(join(folder, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(folder, 'elsewhere'), join(root, 'admin'));
    expect(refusal({})).toMatchObject({ variable: 'ADMIN_STORAGE_ROOT' });
  });

  test('a storage root that others can write to', () => {
    mkdirSync(root);
    chmodSync(root, 0o777);
    expect(refusal({})).toMatchObject({ variable: 'ADMIN_STORAGE_ROOT' });
  });

  test('a runtime directory that is open, a file, or a link planted in a shared folder', () => {
    const run = join(folder, 'run');
    mkdirSync(run);
    chmodSync(run, 0o755);
    expect(refusal({})).toMatchObject({ variable: 'AGENT_RUNTIME_DIR' });
    rmSync(run, { recursive: true });
    writeFileSync(run, '');
    expect(refusal({})).toMatchObject({ variable: 'AGENT_RUNTIME_DIR' });
    rmSync(run);
    mkdirSync(join(folder, 'target'), { mode: 0o700 });
    symlinkSync(join(folder, 'target'), run);
    expect(refusal({})).toMatchObject({ variable: 'AGENT_RUNTIME_DIR' });
  });

  test('a secret file that is a link, is open, empty or a pipe-sized blob', () => {
    const path = join(read().adminDir, 'jwt-secret');
    const text = readFileSync(path, 'utf8');
    const variable = 'ADMIN_JWT_SECRET';
    chmodSync(path, 0o644);
    expect(refusal({})).toMatchObject({ variable });
    rmSync(path);
    writeFileSync(join(folder, 'planted'), text, { mode: 0o600 });
    symlinkSync(join(folder, 'planted'), path);
    expect(refusal({}).message).toContain('symbolic link');
    rmSync(path);
    writeFileSync(path, ' \n', { mode: 0o600 });
    expect(refusal({})).toMatchObject({ variable });
    writeFileSync(path, 'x'.repeat(20_000));
    expect(refusal({})).toMatchObject({ variable });
    rmSync(path);
    mkdirSync(path);
    expect(refusal({})).toMatchObject({ variable });
  });
});
