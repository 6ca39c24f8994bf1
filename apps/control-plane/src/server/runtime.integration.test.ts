import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLoggers } from '../log/logger.js';
import { readSettings } from '../settings/index.js';
import { openBackend } from './open-backend.js';
import { startTestPlane, until, type TestPlane } from './testing/test-plane.js';

let test: TestPlane;
let token: string;
/** An engine that is not there, whatever this host has. */
const noEngine = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };

beforeEach(async () => {
  test = await startTestPlane({ env: noEngine });
  await test.user('root', 'superadmin');
  token = (await test.login('root')).access;
});
afterEach(() => test.remove());

const put = (backend: unknown, as = token) =>
  test.call('PUT', '/api/runtime/backend', { token: as, body: { backend } });

/** Opens the backend as the next start of this server would. */
async function nextStart(flags: object, env: Record<string, string> = {}) {
  const { settings } = test.core;
  const loggers = openLoggers({
    level: 'error',
    adminDir: settings.adminDir,
    production: false,
    silent: true,
  });
  const next = readSettings({
    env: {
      ADMIN_STORAGE_ROOT: test.dataDir,
      AGENT_RUNTIME_DIR: join(test.dataDir, 'run'),
      ...noEngine,
      ...env,
    },
    flags: { port: 0, ...flags },
  });
  const said: string[] = [];
  try {
    const backend = await openBackend({ ...test.core, settings: next }, loggers, (text) => said.push(text));
    await backend.pool.close();
    return backend;
  } finally {
    await loggers.close();
  }
}

describe('the choice of the backend', () => {
  it('is for superadmins, and only a backend of this version can be chosen', async () => {
    await test.user('ada', 'admin');
    expect((await put('process', (await test.login('ada')).access)).status).toBe(403);
    expect((await put('kubernetes')).body.code).toBe('VALIDATION_FAILED');
  });

  it('is refused while a worker runs', async () => {
    const { body: agent } = await test.call('POST', '/api/agents', { token, body: { name: 'test' } });
    await test.call('POST', `/api/agents/${agent.id}/start`, { token });
    const { status, body } = await put('process');
    expect([status, body.code]).toEqual([409, 'WORKERS_RUNNING']);
    await test.call('POST', `/api/agents/${agent.id}/stop`, { token });
    expect((await put('process')).status).toBe(200);
  });

  it('names an engine that does not answer, and stores nothing', async () => {
    const { status, body } = await put('docker');
    expect([status, body.code]).toEqual([503, 'BACKEND_UNAVAILABLE']);
    expect(body.error).toContain('/nowhere/docker.sock');
    expect((await nextStart({}, { ADMIN_RUNTIME_BACKEND: 'process' })).selection.source).toBe('environment');
  });

  it('is kept, is audited, and wins over the environment', async () => {
    expect((await put('process')).body).toEqual({
      backend: 'process',
      active: 'process',
      restart_required: false,
    });
    const { selection } = await nextStart({}, { ADMIN_RUNTIME_BACKEND: 'docker' });
    expect(selection).toEqual({ kind: 'process', source: 'stored' });
    const audited = await until('the audit row', async () => {
      const { body } = await test.call('GET', '/api/audit?limit=50', { token });
      return JSON.stringify(body.items).includes('runtime.backend') && body.items;
    });
    expect(JSON.stringify(audited)).toContain('process');
  });
});

describe('a start', () => {
  it('without docker fails where docker is configured, and never falls back', async () => {
    for (const env of [{}, { ADMIN_RUNTIME_BACKEND: 'docker' }]) {
      await expect(nextStart({}, env)).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
    }
  });

  it('that may choose takes processes without docker, with the reason', async () => {
    const { pool, selection } = await nextStart({ chooseBackend: true });
    expect([pool.kind, selection.kind, selection.source]).toEqual(['process', 'process', 'chosen']);
    expect(selection.reason).toContain('/nowhere/docker.sock');
  });

  it('in production never takes processes, though it may choose', () => {
    const production = {
      CLAWFORCE_ENV: 'production',
      ADMIN_JWT_SECRET: crypto.randomUUID() + crypto.randomUUID(),
      SECRETS_MASTER_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
    };
    return expect(nextStart({ chooseBackend: true }, production)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
    });
  });

  it('tells what is enforced, where it comes from, and what is not', async () => {
    const { body } = await test.call('GET', '/api/runtime/info', { token });
    expect(body).toMatchObject({ backend: 'process', backend_source: 'environment', uid_mode: 'shared' });
    expect(body.not_enforced.join()).toContain('no container');
    expect([...body.enforced, ...body.not_enforced].join()).toContain('Commands of agents');
  });
});
