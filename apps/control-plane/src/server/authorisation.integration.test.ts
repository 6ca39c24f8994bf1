import { randomUUID } from 'node:crypto';
import { defaultMatrix } from '@clawforce/auth-rbac/rbac';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Route } from '../http/route.js';
import type * as OpenStorage from '../storage/open-storage.js';
import type { Storage } from '../storage/storage.js';
import { createServices } from './core.js';
import { PUBLIC_ROUTES } from './public-app.js';
import { allRoutes } from './routes.js';
import { startTestPlane, type Answer, type TestPlane } from './testing/test-plane.js';
import { withTransactionTrap } from './testing/transaction-trap.js';

const caught: string[] = vi.hoisted(() => []);
vi.mock('../storage/open-storage.js', async (original) => {
  const real = await original<typeof OpenStorage>();
  return {
    ...real,
    openStorage: async (...args: Parameters<typeof real.openStorage>): Promise<Storage> =>
      withTransactionTrap(await real.openStorage(...args), caught),
  };
});

const ROLES = ['viewer', 'admin', 'superadmin'] as const;
const RELATIONS = ['own', 'foreign', 'unowned', 'missing'] as const;
type Relation = (typeof RELATIONS)[number];

/** A body that the route takes, so that a refused write is one that would have changed something. */
const BODIES: Readonly<Record<string, unknown>> = {
  'put /api/runtime/backend': { backend: 'process' },
  // Above this server's maximum: the drill ends before it has a worker.
  'post /api/drills': { level: 'privileged' },
  'post /api/agents': { name: 'one more' },
  'put /api/agents/{id}': { description: 'changed' },
  'put /api/agents/{id}/config': { agents: { defaults: { max_tokens: 4321 } } },
  'patch /api/agents/{id}/config': { agents: { defaults: { max_tokens: 1234 } } },
  'post /api/agents/{id}/config/review': { agents: { defaults: { max_tokens: 1234 } } },
  'put /api/agents/{id}/variables': { variables: { NAME: 'value' } },
  'put /api/agents/{id}/workspace/{path*}': { content: 'changed' },
  'post /api/agents/{id}/workspace/{path*}/rename': { new_name: 'renamed.md' },
  'post /api/agents/{id}/workspace/{path*}/move': { dest_path: 'moved.md' },
  'post /api/agents/{id}/messages': { text: 'hello' },
  'post /api/agents/{id}/cancel': { session_key: 'cli:1' },
  'post /api/agents/{id}/tools/{tool}': { args: { path: 'notes.md' } },
  'post /api/agents/{id}/policy/test': { tool: 'exec', args: { command: 'ls' } },
  'post /api/auth/change-password': { current_password: 'wrong', new_password: 'also wrong, but long' },
  'post /api/auth/reauthenticate': { password: 'wrong' },
};
const PARAMETERS: Readonly<Record<string, string>> = {
  path: 'notes.md',
  'new path': 'new',
  folder: 'docs',
  tool: 'read_file',
  key: 'cli:1',
  message_id: 'none',
  session_id: 'none',
  username: 'one-superadmin',
};
/** Streams that would not end by themselves. */
const QUERIES: Readonly<Record<string, string>> = { 'get /api/agents/{id}/logs': '?follow=false' };
/** What an admitted request may answer besides success: the agents here have no worker, and no such message. */
const ADMITTED: Readonly<Record<string, readonly number[]>> = {
  'post /api/agents/{id}/start': [409],
  'post /api/agents/{id}/messages': [409],
  'post /api/agents/{id}/cancel': [409],
  'post /api/agents/{id}/tools/{tool}': [409],
  'get /api/agents/{id}/messages/{message_id}': [404],
  // Only a superadmin drills without naming an agent of its own.
  'post /api/drills': [403],
  'get /api/drills/{drill}': [404],
  'delete /api/auth/sessions/{session_id}': [404],
  'post /api/auth/change-password': [401],
  // The wrong passwords of all roles come from one address.
  'post /api/auth/reauthenticate': [401, 429],
};
const NO_AGENT = 'There is no such agent.';

let test: TestPlane;
let routes: readonly Route[];
const users = new Map<string, { id: string; token: string }>();
/** Somebody of the same role whose agents are the foreign ones. */
const others = new Map<string, string>();

beforeAll(async () => {
  test = await startTestPlane();
  for (const role of ROLES) {
    const id = await test.user(`one-${role}`, role);
    others.set(role, await test.user(`other-${role}`, role));
    users.set(role, { id, token: (await test.login(`one-${role}`)).access });
  }
  const services = createServices(
    test.core,
    () => undefined,
    () => undefined,
    () => undefined,
  );
  routes = allRoutes({
    core: test.core,
    services,
    live: undefined,
    secure: false,
    stopping: () => false,
  });
});
afterAll(() => test.remove());

/** An agent of another backend, so that a start that is admitted ends with 409 and not with a worker. */
async function agentOf(ownerUserId: string | null): Promise<string> {
  const { storage, files } = test.core;
  const agent = await storage.agents.create({
    name: 'target',
    ownerUserId,
    mode: 'docker',
    level: 'permissive',
  });
  const fs = await files.workspace(agent.id);
  await fs.writeFile('notes.md', 'as it was');
  await fs.mkdir('docs');
  return agent.id;
}

function targetOf(role: string, relation: Relation): Promise<string> {
  switch (relation) {
    case 'own':
      return agentOf(users.get(role)?.id ?? '');
    case 'foreign':
      return agentOf(others.get(role) ?? '');
    case 'unowned':
      return agentOf(null);
    case 'missing':
      return Promise.resolve(randomUUID());
  }
}

const nameOf = ({ method, path }: Route): string => `${method} ${path}`;
const isWrite = ({ method }: Route): boolean => method !== 'get';

function send(route: Route, agentId: string, token: string | undefined): Promise<Answer> {
  const path = route.path.replace(/\{(\w+)\*?\}/g, (_whole, name: string) =>
    name === 'id'
      ? agentId
      : (PARAMETERS[route.path.includes('folder/') ? `new ${name}` : name] ?? PARAMETERS[name] ?? 'x'),
  );
  const body = BODIES[nameOf(route)];
  return test.call(route.method.toUpperCase(), path + (QUERIES[nameOf(route)] ?? ''), {
    ...(token === undefined ? {} : { token }),
    ...(body === undefined ? {} : { body }),
  });
}

/** Everything that a write on an agent could change. */
async function stateOf(agentId: string): Promise<string> {
  const { storage, files } = test.core;
  const agent = await storage.agents.get(agentId);
  if (!agent) return 'none';
  const fs = await files.workspace(agentId);
  return JSON.stringify({
    agent,
    config: [await storage.configs.get(agentId), await storage.configs.secrets(agentId)],
    messages: (await storage.messages.list(agentId)).items,
    tree: await fs.tree('workspace'),
    notes: await fs.readFile('notes.md'),
  });
}

/** What the matrix, read as plain data, says: admitted, refused, or refused as if it were not there. */
function expected(route: Route, role: (typeof ROLES)[number], relation: Relation): 'admit' | 403 | 404 {
  if ('public' in route.access) return 'admit';
  const grants = defaultMatrix.roles[role] ?? {};
  const reaches = (action: string): boolean =>
    grants[action] === 'any' || (grants[action] === 'own' && relation === 'own');
  if (!('on' in route.access)) return grants[route.access.action] === undefined ? 403 : 'admit';
  if (relation === 'missing') return 404;
  if (reaches(route.access.action)) return 'admit';
  return reaches('agent:read') ? 403 : 404;
}

const withoutId = ({ text }: Answer): string => text.replace(/"request_id":"[^"]*"/, '"request_id":""');
const headersOf = ({ headers }: Answer): [string, string][] =>
  [...headers]
    .filter(([name]) => !['x-request-id', 'date'].includes(name))
    .map(([name, value]) => [name, value.replace(/'nonce-[^']*'/g, "'nonce'")]);

describe('every route against every caller and every agent', () => {
  it('has a sample body for each route that takes one', () => {
    const missing = routes
      .filter((route) => route.body && !route.adminSocketOnly && !('public' in route.access))
      .map(nameOf)
      .filter((name) => BODIES[name] === undefined);
    expect(missing).toEqual([]);
  });

  it.each(ROLES)(
    'answers a %s as the matrix says, and a refused write changes nothing',
    async (role) => {
      const cells: string[] = [];
      const wrong: string[] = [];
      for (const route of routes) {
        if (route.adminSocketOnly || 'public' in route.access) continue;
        const onAgent = 'on' in route.access;
        for (const relation of onAgent ? RELATIONS : (['own'] as const)) {
          const agentId = await targetOf(role, onAgent ? relation : 'missing');
          const before = onAgent ? await stateOf(agentId) : '';
          const answer = await send(route, agentId, users.get(role)?.token);
          const cell = `${role} ${relation} ${nameOf(route)}`;
          cells.push(cell);
          const { status, text } = answer;
          const want = expected(route, role, relation);
          const body = answer.body as { code?: string; error?: string } | undefined;
          const fits =
            want === 'admit'
              ? (status < 300 || ADMITTED[nameOf(route)]?.includes(status)) && body?.error !== NO_AGENT
              : want === 403
                ? status === 403 && body?.code === 'FORBIDDEN'
                : status === 404 && body?.code === 'NOT_FOUND' && body.error === NO_AGENT;
          if (!fits) wrong.push(`${cell}: want ${want}, got ${status} ${text.slice(0, 200)}`);
          if (want !== 'admit' && onAgent && isWrite(route) && (await stateOf(agentId)) !== before)
            wrong.push(`${cell}: changed something`);
        }
      }
      expect(wrong).toEqual([]);
      expect(cells.length).toBeGreaterThan(100);
    },
    120_000,
  );

  it('admits nobody without a token, and says how to sign in', async () => {
    const own = await targetOf('admin', 'own');
    for (const route of routes) {
      if (route.adminSocketOnly || 'public' in route.access) continue;
      const before = await stateOf(own);
      for (const id of [own, randomUUID()]) {
        const answer = await send(route, id, undefined);
        expect([nameOf(route), answer.status, answer.body.code]).toEqual([
          nameOf(route),
          401,
          'UNAUTHENTICATED',
        ]);
        expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      }
      expect(await stateOf(own)).toBe(before);
    }
  });

  it.each(['viewer', 'admin'] as const)(
    'a %s who wants to know which ids exist gets the same bytes for a foreign, an unowned and a missing agent',
    async (role) => {
      const token = users.get(role)?.token;
      const ids = await Promise.all(
        (['missing', 'foreign', 'unowned'] as const).map((relation) => targetOf(role, relation)),
      );
      for (const route of routes) {
        if (route.adminSocketOnly || !('on' in route.access)) continue;
        const answers: Answer[] = [];
        for (const id of ids) answers.push(await send(route, id, token));
        const [missing, ...hidden] = answers;
        for (const answer of hidden) {
          expect([nameOf(route), answer.status, withoutId(answer), headersOf(answer)]).toEqual([
            nameOf(route),
            missing?.status,
            missing && withoutId(missing),
            missing && headersOf(missing),
          ]);
        }
      }
    },
  );

  it('gives lists that hold only what the caller may see', async () => {
    const foreign = await targetOf('admin', 'foreign');
    const unowned = await targetOf('admin', 'unowned');
    const root = users.get('superadmin')?.token ?? '';
    for (const id of [foreign, unowned]) {
      await test.call('PUT', `/api/agents/${id}`, {
        token: root,
        body: { description: 'seen by the audit' },
      });
    }
    const token = users.get('admin')?.token ?? '';
    for (const path of ['/api/agents?limit=200', '/api/audit?limit=200', `/api/audit?agent_id=${foreign}`]) {
      const { status, text } = await test.call('GET', path, { token });
      expect(status).toBe(200);
      expect(text).not.toContain(foreign);
      expect(text).not.toContain(unowned);
    }
    const seen = await test.call('GET', '/api/agents?limit=200', { token: root });
    expect(seen.text).toContain(unowned);
  });
});

describe('what the public listener does not have', () => {
  it('has no route that lists or creates users, for anybody', async () => {
    const token = users.get('superadmin')?.token ?? '';
    const admin = routes.filter((route) => route.adminSocketOnly);
    expect(admin.length).toBeGreaterThan(3);
    for (const route of admin) {
      const { status, body } = await send(route, '', token);
      expect([nameOf(route), status, body.code]).toEqual([nameOf(route), 404, 'NOT_FOUND']);
    }
    const open = routes.filter((route) => !route.adminSocketOnly);
    expect(open.filter(({ path }) => /user|admin/i.test(path.replace('/api/admin', 'admin')))).toEqual([]);
    expect(open.filter(({ access }) => 'action' in access && access.action === 'user:manage')).toEqual([]);
    const { text } = await test.call('GET', '/api/openapi.json');
    expect(text).not.toContain('/api/admin');
  });

  it.each([
    '/api/users',
    '/api/user',
    '/api/auth/users',
    '/api/auth/register',
    '/api/admin',
    '/api/agents/../admin/users',
  ])('an attacker who guesses %s finds nothing', async (path) => {
    const token = users.get('superadmin')?.token ?? '';
    for (const method of ['GET', 'POST', 'PUT']) {
      const { status } = await test.call(method, path, {
        token,
        ...(method === 'GET'
          ? {}
          : { body: { username: 'eve', role: 'superadmin', password: 'x'.repeat(20) } }),
      });
      expect(status).toBe(404);
    }
    expect(await test.core.storage.users.findByUsername('eve')).toBeUndefined();
  });

  it('is public only where the list says so', () => {
    const open = routes
      .filter((route) => 'public' in route.access && !route.adminSocketOnly)
      .map((route) => `${route.method.toUpperCase()} ${route.path}`);
    expect(open.filter((name) => !PUBLIC_ROUTES.includes(name))).toEqual([]);
  });
});

describe('what a caller cannot give itself', () => {
  it.each(['id', 'role', 'status', 'desired', 'level', 'created_at', 'is_demo', 'epoch', 'attested'])(
    'a body with the field "%s" is refused as a whole',
    async (field) => {
      const id = await targetOf('admin', 'own');
      const before = await stateOf(id);
      const token = users.get('admin')?.token ?? '';
      const changed = await test.call('PUT', `/api/agents/${id}`, {
        token,
        body: { description: 'x', [field]: 'x' },
      });
      const created = await test.call('POST', '/api/agents', { token, body: { name: 'x', [field]: 'x' } });
      expect([changed.status, created.status]).toEqual([400, 400]);
      expect(await stateOf(id)).toBe(before);
    },
  );

  it('an admin gives its agent to nobody, and takes none', async () => {
    const own = await targetOf('admin', 'own');
    const token = users.get('admin')?.token ?? '';
    const before = await stateOf(own);
    for (const owner_user_id of [others.get('admin'), users.get('admin')?.id, null]) {
      const { status, body } = await test.call('PUT', `/api/agents/${own}`, {
        token,
        body: { owner_user_id },
      });
      expect([status, body.code]).toEqual([403, 'FORBIDDEN']);
    }
    expect(await stateOf(own)).toBe(before);
    const { status } = await test.call('POST', '/api/agents', {
      token,
      body: { name: 'x', owner_user_id: others.get('admin') },
    });
    expect(status).toBe(400);
  });

  it.each([
    ['a NUL', '%00'],
    ['encoded slashes', '..%2f..'],
    ['5,000 letters', 'a'.repeat(5000)],
    ['SQL', "'%20OR%201=1"],
    ['bytes that are no UTF-8', '%ff'],
  ])('an id with %s is no agent and no failure', async (_what, id) => {
    const token = users.get('superadmin')?.token ?? '';
    const { status } = await test.call('GET', `/api/agents/${id}`, { token });
    expect([400, 404]).toContain(status);
  });
});

it('no code used an outer store inside a transaction: on SQLite it would wait for itself', () => {
  expect(caught).toEqual([]);
});
