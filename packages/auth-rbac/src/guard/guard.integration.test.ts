import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PolicyDeniedError } from '@clawforce/policy-core';
import express, { type ErrorRequestHandler } from 'express';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AuthError } from '../errors/auth-error.js';
import { createAuthorizer } from '../rbac/authorizer.js';
import { defaultMatrix } from '../rbac/default-matrix.js';
import type { Principal, Resource } from '../rbac/access-matrix.js';
import { createTokenService } from '../tokens/token-service.js';
import { createGuard, type Denial } from './guard.js';
import { assertAllRoutesGuarded } from './route-inventory.js';

interface User extends Principal {
  readonly id: string;
  readonly role: string;
}
interface Agent extends Resource {
  readonly name: string;
}

const users = new Map<string, User & { disabled?: boolean }>();
const agents = new Map<string, Agent>();
const tokens = createTokenService({
  keys: [{ kid: 'k1', secret: randomBytes(32) }],
  issuer: 'i',
  audience: 'a',
});
const effects: string[] = [];
const denials: Denial<User>[] = [];
let auditFails = false;

const guard = createGuard<User, Agent>(createAuthorizer(defaultMatrix), {
  authenticate(request) {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    if (scheme !== 'Bearer') return undefined;
    return users.get(tokens.verifyAccess(token).userId);
  },
  onDenied(denial) {
    if (auditFails) throw new Error('the audit log cannot be written');
    denials.push(denial);
  },
});
const loadAgent = async (request: express.Request): Promise<Agent | undefined> => {
  const { id } = request.params;
  await Promise.resolve();
  if (id === 'broken') throw new Error('the database is gone');
  return agents.get(String(id));
};

const app = express();
app.get(
  '/healthz',
  guard.public('load balancers ask without a credential'),
  (_request, response) => void response.json({ ok: true }),
);
app.get(
  '/agents',
  guard('agent:list'),
  (request, response) => void response.json({ for: guard.principalOf(request).id }),
);
app.post('/agents', guard('agent:create'), (_request, response) => {
  effects.push('create');
  response.json({});
});
app.get('/whoami', guard.public('a mistake: it asks who calls'), (request, response) => {
  response.json(guard.principalOf(request));
});
const nested = express.Router({ mergeParams: true });
nested.get('/', guard('agent:read', loadAgent), (request, response) => {
  response.json({ name: guard.resourceOf(request).name, rule: guard.decisionOf(request).rule });
});
nested.post('/start', guard('agent:start', loadAgent), (request, response) => {
  effects.push(`start ${guard.resourceOf(request).id}`);
  response.json({});
});
nested.delete('/', guard('agent:delete', loadAgent), (request, response) => {
  agents.delete(guard.resourceOf(request).id);
  response.json({});
});
app.use('/agents/:id', nested);
let lastError: unknown;
const answer: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  lastError = error;
  if (error instanceof AuthError)
    response.status(error.status).json({ error: error.message, code: error.code });
  else response.status(500).json({ error: 'internal', code: 'INTERNAL' });
};
app.use(answer);

let server: Server;
let base: string;
beforeAll(async () => {
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  users.clear();
  for (const role of ['superadmin', 'admin', 'viewer', 'agent', 'stranger'])
    users.set(role, { id: role, role });
  users.set('disabled', { id: 'disabled', role: 'superadmin', disabled: true });
  agents.clear();
  for (const owner of ['admin', 'viewer', 'somebody']) {
    agents.set(`of-${owner}`, { type: 'agent', id: `of-${owner}`, ownerId: owner, name: owner });
  }
  agents.set('unowned', { type: 'agent', id: 'unowned', ownerId: null, name: 'unowned' });
  effects.length = 0;
  denials.length = 0;
  auditFails = false;
});

const bearer = (userId: string, role?: string): string =>
  `Bearer ${tokens.issueAccess({ userId, sessionId: 's1', ...(role === undefined ? {} : { role }) }).token}`;
async function call(method: string, path: string, authorization?: string) {
  const response = await fetch(base + path, {
    method,
    ...(authorization ? { headers: { authorization } } : {}),
  });
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'date'));
  return { status: response.status, body: await response.text(), headers };
}

describe('the guard over HTTP', () => {
  test('every route of the application is guarded or public on purpose', () => {
    const routes = assertAllRoutesGuarded(app, { public: ['GET /healthz', 'GET /whoami'] });
    expect(routes.map(({ method, path, action }) => [method, path, action])).toEqual([
      ['GET', '/healthz', undefined],
      ['GET', '/agents', 'agent:list'],
      ['POST', '/agents', 'agent:create'],
      ['GET', '/whoami', undefined],
      ['GET', '/agents/:id', 'agent:read'],
      ['POST', '/agents/:id/start', 'agent:start'],
      ['DELETE', '/agents/:id', 'agent:delete'],
    ]);
  });

  test('a public route needs nothing, every other one answers 401 without a credential', async () => {
    expect((await call('GET', '/healthz')).status).toBe(200);
    for (const [method, path] of [
      ['GET', '/agents'],
      ['HEAD', '/agents'],
      ['POST', '/agents'],
      ['GET', '/agents/of-admin'],
      ['GET', '/agents/missing'],
      ['POST', '/agents/of-admin/start'],
      ['DELETE', '/agents/of-admin'],
    ] as const) {
      expect((await call(method, path)).status).toBe(401);
    }
    expect(effects).toEqual([]);
    expect(agents.has('of-admin')).toBe(true);
  });

  test('the same matrix holds over real requests: role x object x action', async () => {
    const cells: Record<string, number[]> = {};
    for (const role of ['superadmin', 'admin', 'viewer', 'agent', 'stranger', 'disabled', 'deleted']) {
      cells[role] = [];
      for (const id of ['of-admin', 'of-viewer', 'of-somebody', 'unowned', 'missing']) {
        for (const [method, suffix] of [
          ['GET', ''],
          ['POST', '/start'],
        ] as const) {
          cells[role].push((await call(method, `/agents/${id}${suffix}`, bearer(role))).status);
        }
      }
    }
    expect(cells).toEqual({
      superadmin: [200, 200, 200, 200, 200, 200, 200, 200, 404, 404],
      admin: [200, 200, 404, 404, 404, 404, 404, 404, 404, 404],
      viewer: [404, 404, 200, 403, 404, 404, 404, 404, 404, 404],
      agent: [404, 404, 404, 404, 404, 404, 404, 404, 404, 404],
      stranger: [404, 404, 404, 404, 404, 404, 404, 404, 404, 404],
      disabled: [401, 401, 401, 401, 401, 401, 401, 401, 401, 401],
      deleted: [401, 401, 401, 401, 401, 401, 401, 401, 401, 401],
    });
  });

  test('a foreign object is answered byte for byte like a missing one, so nobody learns that it exists', async () => {
    for (const [method, suffix] of [
      ['GET', ''],
      ['POST', '/start'],
      ['DELETE', ''],
    ] as const) {
      const foreign = await call(method, `/agents/of-somebody${suffix}`, bearer('admin'));
      const missing = await call(method, `/agents/missing${suffix}`, bearer('admin'));
      expect(foreign).toEqual(missing);
      expect(foreign.status).toBe(404);
    }
    expect(denials.map(({ decision }) => decision?.rule)).toEqual([
      ...['rbac.owner.other', 'rbac.resource.missing'],
      ...['rbac.owner.other', 'rbac.resource.missing'],
      ...['rbac.owner.other', 'rbac.resource.missing'],
    ]);
  });

  test('a refused request has no effect: the check comes before the handler', async () => {
    await call('POST', '/agents/of-somebody/start', bearer('admin'));
    await call('DELETE', '/agents/of-viewer', bearer('viewer'));
    await call('POST', '/agents', bearer('viewer'));
    expect(effects).toEqual([]);
    expect(agents.size).toBe(4);
  });

  test('a role in the token counts for nothing: the one in the database decides, from the next request on', async () => {
    expect((await call('GET', '/agents/unowned', bearer('viewer', 'superadmin'))).status).toBe(404);
    const authorization = bearer('superadmin');
    expect((await call('GET', '/agents/unowned', authorization)).status).toBe(200);
    users.set('superadmin', { id: 'superadmin', role: 'viewer' });
    expect((await call('GET', '/agents/unowned', authorization)).status).toBe(404);
    users.delete('superadmin');
    expect((await call('GET', '/agents/unowned', authorization)).status).toBe(401);
  });

  test('the code of a bad token reaches the client, nothing else of it does', async () => {
    expect(JSON.parse((await call('GET', '/agents', 'Bearer x')).body)).toEqual({
      error: 'The text is not a token of the wanted kind.',
      code: 'TOKEN_MALFORMED',
    });
    expect(JSON.parse((await call('GET', '/agents', 'Basic eDp5')).body)).toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  test('a handler learns who asks, for what and why it was admitted', async () => {
    expect(JSON.parse((await call('GET', '/agents', bearer('admin'))).body)).toEqual({ for: 'admin' });
    expect(JSON.parse((await call('GET', '/agents/of-admin', bearer('admin'))).body)).toEqual({
      name: 'admin',
      rule: 'rbac.grant.own',
    });
  });

  test('a handler without a guard is told nothing about anybody, not even with a good token', async () => {
    expect((await call('GET', '/whoami', bearer('superadmin'))).status).toBe(500);
    expect(lastError).toBeInstanceOf(TypeError);
  });

  test('a loader that fails and an audit log that fails end the request, not the check', async () => {
    expect((await call('POST', '/agents/broken/start', bearer('superadmin'))).status).toBe(500);
    auditFails = true;
    expect((await call('GET', '/agents')).status).toBe(500);
    expect((await call('POST', '/agents', bearer('viewer'))).status).toBe(500);
    expect(effects).toEqual([]);
  });

  test('what is thrown is both an auth error and a denial with its decision', async () => {
    await call('POST', '/agents', bearer('viewer'));
    const error = lastError;
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toBeInstanceOf(PolicyDeniedError);
    expect(error).toMatchObject({ code: 'FORBIDDEN', status: 403, decision: { rule: 'rbac.grant.missing' } });
  });
});

describe('createGuard', () => {
  test('refuses a guard that could not check: unknown action, missing loader, loader for nothing, no reason', () => {
    expect(() => guard('agent:raed', loadAgent)).toThrow(/agent:raed/);
    expect(() => guard('agent:read')).toThrow(/loadResource/);
    expect(() => guard('agent:list', loadAgent)).toThrow(/loadResource/);
    expect(() => guard.public('')).toThrow(/reason/);
    expect(() => createGuard(createAuthorizer(defaultMatrix), {} as never)).toThrow(/authenticate/);
  });
});
