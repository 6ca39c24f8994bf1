import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestPlane, type Answer, type TestPlane } from '../server/testing/test-plane.js';

let test: TestPlane;
let token: string;
let agent: string;

beforeAll(async () => {
  test = await startTestPlane({ env: { CLAWFORCE_MAX_LEVEL: 'permissive', AGENT_DOCKER_MEM_LIMIT: '1g' } });
  await test.user('root', 'superadmin');
  token = (await test.login('root')).access;
  agent = (await test.call('POST', '/api/agents', { token, body: { name: 'bounded' } })).body.id as string;
});
afterAll(() => test.remove());

const save = (docker: object): Promise<Answer> =>
  test.call('PATCH', `/api/agents/${agent}/config`, { token, body: { security: { docker } } });

describe('an override of the isolation, through the API', () => {
  it.each<[string, object, string, string]>([
    ['more memory than this server gives', { mem_limit: '2g' }, 'CONFIG_INVALID', 'mem_limit'],
    ['more CPU', { cpu_quota: 400_000 }, 'CONFIG_INVALID', 'cpu_quota'],
    ['a shorter period for the same CPU', { cpu_period: 10_000 }, 'CONFIG_INVALID', 'cpu_period'],
    ['more processes than the level', { pids_limit: 4_000 }, 'CONFIG_INVALID', 'pids_limit'],
    ['no limit of processes', { pids_limit: -1 }, 'CONFIG_INVALID', 'pids_limit'],
    ['negative memory', { mem_limit: '-1' }, 'CONFIG_INVALID', 'mem_limit'],
    [
      'a writable root where the level has none',
      { level: 'sandboxed', read_only: false },
      'CONFIG_INVALID',
      'read_only',
    ],
    ["the host's network", { network_mode: 'host' }, 'CONFIG_INVALID', 'network_mode'],
    ["another container's network", { network_mode: 'container:x' }, 'CONFIG_INVALID', 'network_mode'],
    ['a level that is not known', { level: 'weird' }, 'CONFIG_INVALID', 'level'],
    ['a level above the maximum', { level: 'privileged' }, 'LEVEL_EXCEEDS_MAXIMUM', 'privileged'],
    ['an option of Docker that is no setting', { cap_add: ['ALL'] }, 'CONFIG_INVALID', 'cap_add'],
  ])(
    '%s is refused with a typed error that names the key, and nothing is saved',
    async (_what, docker, code, key) => {
      const before = (await test.call('GET', `/api/agents/${agent}/config`, { token })).text;
      const answer = await save(docker);
      expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.body.code).toBe(code);
      expect(JSON.stringify([answer.body.error, answer.body.issues ?? []])).toContain(key);
      expect((await test.call('GET', `/api/agents/${agent}/config`, { token })).text).toBe(before);
    },
  );

  it('that tightens is saved', async () => {
    const answer = await save({ mem_limit: '512m', pids_limit: 100, network_mode: 'none', read_only: true });
    expect(answer.status, answer.text).toBe(200);
  });
});

describe('where the maximum of the server is stricter than the default', () => {
  let strict: TestPlane;
  beforeAll(async () => {
    strict = await startTestPlane({ env: { CLAWFORCE_MAX_LEVEL: 'sandboxed' } });
    await strict.user('root', 'superadmin');
  });
  afterAll(() => strict.remove());

  it('a new agent is at the maximum, without a word of anybody, and its configuration can be changed', async () => {
    const { access } = await strict.login('root');
    const made = await strict.call('POST', '/api/agents', { token: access, body: { name: 'new' } });
    expect([made.status, made.body.level]).toEqual([201, 'sandboxed']);
    const path = `/api/agents/${made.body.id as string}/config`;
    const { body: first } = await strict.call('GET', path, { token: access });
    expect(first).toMatchObject({ config: { security: { docker: { level: 'sandboxed' } } } });
    const patch = { tools: { exec: { timeout: 20 } } };
    const saved = await strict.call('PATCH', path, { token: access, body: patch });
    expect(saved.status, saved.text).toBe(200);
    const agent = await strict.core.storage.agents.get(made.body.id as string);
    expect(agent?.level).toBe('sandboxed');
    // This pool cannot enforce the level, so nothing is started rather than something weaker.
    const start = await strict.call('POST', `/api/agents/${made.body.id as string}/start`, { token: access });
    expect(start.body).toMatchObject({ code: 'LEVEL_UNSUPPORTED' });
  });
});
