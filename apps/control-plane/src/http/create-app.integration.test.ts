import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../errors/api-error.js';
import { createApp, type AppOptions } from './create-app.js';
import type { Route } from './route.js';
import { object, type } from './schemas.js';

const ok = { 200: { description: 'ok' } };
const base = { tag: 't', summary: 's', access: { public: 'test' }, responses: ok } as const;
const inner = ['inner', 'text', 'of', 'a', 'failure'].join('-');
const routes: Route[] = [
  { ...base, method: 'get', path: '/api/things/{id}', handle: ({ params }) => ({ json: params }) },
  {
    ...base,
    method: 'get',
    path: '/api/things/{id}/files/{path*}',
    handle: ({ params }) => ({ json: params }),
  },
  {
    ...base,
    method: 'post',
    path: '/api/things',
    body: object({ name: { type: 'string', maxLength: 10 }, count: type('integer') }, ['count']),
    bodyLimit: 2048,
    handle: ({ body }) => ({ status: 201, json: body, headers: { etag: '"1"' } }),
  },
  {
    ...base,
    method: 'get',
    path: '/api/list',
    query: { properties: { limit: { type: 'integer', minimum: 1 }, all: type('boolean') } },
    handle: ({ query }) => ({ json: query }),
  },
  {
    ...base,
    method: 'put',
    path: '/api/raw',
    rawBody: ['*/*'],
    handle: ({ body }) => ({ json: { size: (body as Buffer).byteLength } }),
  },
  { ...base, method: 'delete', path: '/api/things/{id}', handle: () => ({}) },
  {
    ...base,
    method: 'get',
    path: '/api/boom',
    handle: () => {
      throw new Error(inner);
    },
  },
  {
    ...base,
    method: 'get',
    path: '/api/busy',
    handle: () => {
      throw new ApiError('TOO_MANY_REQUESTS', 'Slow down.', { retryAfterSeconds: 1.2 });
    },
  },
  {
    ...base,
    method: 'get',
    path: '/api/who',
    handle: () => {
      throw new ApiError('UNAUTHENTICATED', 'Sign in.');
    },
  },
];

let server: Server;
let port: number;
let failures: { code: string; path: string }[];
async function start(options: Partial<AppOptions> = {}): Promise<void> {
  failures = [];
  const app = createApp({
    routes,
    guardFor: () => [],
    sessions: { onEnd: () => () => undefined },
    corsOrigins: ['https://panel.example'],
    trustProxy: undefined,
    secure: false,
    onFailure: ({ code }, { path }) => failures.push({ code, path }),
    ...options,
  });
  server = createServer(app);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
}
beforeEach(() => start());
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly body: Record<string, unknown>;
}
async function ask(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false });
  request.on('error', () => undefined);
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
  const text = Buffer.concat(parts).toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = {};
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    body: parsed as Record<string, unknown>,
  };
}
const JSON_TYPE = { 'content-type': 'application/json' };

describe('every answer', () => {
  it.each([
    ['a success', 'GET', '/api/things/1'],
    ['a success without a body', 'DELETE', '/api/things/1'],
    ['a missing page', 'GET', '/nothing'],
    ['a wrong method', 'PATCH', '/api/things'],
    ['a failure of the server', 'GET', '/api/boom'],
    ['a path that is no UTF-8', 'GET', '/api/things/%ff'],
    ['a refused token', 'GET', '/api/things/1?access_token=x'],
    ['a preflight of a stranger', 'OPTIONS', '/api/things'],
  ])('carries the security headers: %s', async (_title, method, path) => {
    const { headers } = await ask(method, path);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers['content-security-policy']).toMatch(
      /default-src 'none'.*script-src 'nonce-[^']+'.*frame-ancestors 'none'/,
    );
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('strict-transport-security');
    if (path.startsWith('/api')) expect(headers['cache-control']).toBe('no-store');
  });

  it('has a nonce and a request id of its own', async () => {
    const [one, two] = [await ask('GET', '/api/things/1'), await ask('GET', '/api/things/1')];
    expect(one.headers['content-security-policy']).not.toBe(two.headers['content-security-policy']);
    expect(one.headers['x-request-id']).not.toBe(two.headers['x-request-id']);
  });

  it('asks for HTTPS when the public URL is HTTPS', async () => {
    server.close();
    await start({ secure: true });
    expect((await ask('GET', '/nothing')).headers['strict-transport-security']).toMatch(/^max-age=31536000$/);
  });

  it('that is an error has the same shape, with the id that the log has', async () => {
    for (const [method, path, status, code] of [
      ['GET', '/nothing', 404, 'NOT_FOUND'],
      ['GET', '/api/nothing', 404, 'NOT_FOUND'],
      ['PATCH', '/api/things', 405, 'METHOD_NOT_ALLOWED'],
      ['POST', '/api/things/1/files/a/b', 405, 'METHOD_NOT_ALLOWED'],
      ['GET', '/api/things/%ff', 400, 'BAD_REQUEST'],
      ['GET', '/api/boom', 500, 'INTERNAL'],
    ] as const) {
      const answer = await ask(method, path);
      expect([answer.status, answer.body['code']], path).toEqual([status, code]);
      expect(Object.keys(answer.body).slice(0, 3)).toEqual(['error', 'code', 'request_id']);
      expect(answer.body['request_id']).toBe(answer.headers['x-request-id']);
      expect(answer.headers['content-type']).toMatch(/^application\/json/);
    }
  });
});

describe('a failure of the server', () => {
  it('shows nothing of its inside and is told to the log', async () => {
    const answer = await ask('GET', '/api/boom');
    expect(answer.text).not.toContain(inner);
    expect(answer.text).not.toMatch(/node_modules|\.ts:|at /);
    expect(failures).toEqual([{ code: 'INTERNAL', path: '/api/boom' }]);
  });

  it('says when to come again, in whole seconds', async () => {
    expect((await ask('GET', '/api/busy')).headers['retry-after']).toBe('2');
  });

  it('says how to sign in', async () => {
    expect((await ask('GET', '/api/who')).headers['www-authenticate']).toBe('Bearer');
  });
});

describe('a body', () => {
  it.each([
    ['no JSON', '{"name":', JSON_TYPE, 400, 'JSON_INVALID'],
    ['JSON with a byte order mark inside', '\ufeff\ufeff{}', JSON_TYPE, 400, 'JSON_INVALID'],
    ['another media type', 'name=x', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a form where none is taken',
      'name=x',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['no body', undefined, {}, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'another encoding',
      '{}',
      { 'content-type': 'application/json; charset=iso-8859-1' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a compression that nobody knows',
      '{}',
      { ...JSON_TYPE, 'content-encoding': 'zstd-x' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'more than the route takes',
      JSON.stringify({ name: 'x'.repeat(3000) }),
      JSON_TYPE,
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    ['a list', '[]', JSON_TYPE, 400, 'VALIDATION_FAILED'],
    ['null', 'null', JSON_TYPE, 400, 'VALIDATION_FAILED'],
    ['an unknown field', '{"name":"a","role":"superadmin"}', JSON_TYPE, 400, 'VALIDATION_FAILED'],
    ['a missing field', '{}', JSON_TYPE, 400, 'VALIDATION_FAILED'],
    ['a wrong type', '{"name":1}', JSON_TYPE, 400, 'VALIDATION_FAILED'],
    ['a number as text', '{"name":"a","count":"1"}', JSON_TYPE, 400, 'VALIDATION_FAILED'],
    [
      'a key that reaches for prototypes',
      '{"name":"a","__proto__":{"admin":true}}',
      JSON_TYPE,
      400,
      'BAD_REQUEST',
    ],
    ['a constructor', '{"name":"a","constructor":{"prototype":{}}}', JSON_TYPE, 400, 'BAD_REQUEST'],
    ['nesting without end', `{"name":${'['.repeat(500)}${']'.repeat(500)}}`, JSON_TYPE, 400, 'BAD_REQUEST'],
  ])('that is %s is refused, and its text is not repeated', async (_title, body, headers, status, code) => {
    const answer = await ask('POST', '/api/things', body, headers);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(answer.text).not.toContain('x'.repeat(20));
    expect(failures).toEqual([]);
  });

  it('that fits is handed on, with the headers of the reply', async () => {
    const answer = await ask('POST', '/api/things', '{"name":"a","count":1}', JSON_TYPE);
    expect([answer.status, answer.body, answer.headers.etag]).toEqual([201, { name: 'a', count: 1 }, '"1"']);
  });

  it('names every place that is wrong', async () => {
    const answer = await ask('POST', '/api/things', '{"name":"far too long text","other":1}', JSON_TYPE);
    const issues = answer.body['issues'] as { pointer: string }[];
    expect(issues.map(({ pointer }) => pointer).sort()).toEqual(['/name', '/other']);
    expect(answer.text).not.toContain('far too long text');
  });
});

describe('a query', () => {
  it('is converted and checked', async () => {
    expect((await ask('GET', '/api/list?limit=5&all=true')).body).toEqual({ limit: 5, all: true });
  });

  it.each(['limit=0', 'limit=x', 'limit=1&limit=2', 'other=1', 'limit[$gt]=1', '__proto__[x]=1'])(
    'that is wrong is refused: %s',
    async (query) => {
      const answer = await ask('GET', `/api/list?${query}`);
      expect([answer.status, answer.body['code']]).toEqual([400, 'VALIDATION_FAILED']);
    },
  );

  it.each(['token', 'access_token', 'Access_Token', 'refresh_token'])(
    'may not carry a token, which would end up in logs: %s',
    async (name) => {
      const answer = await ask('GET', `/api/list?${name}=abc`);
      expect([answer.status, answer.body['code']]).toEqual([400, 'BAD_REQUEST']);
    },
  );
});

describe('a path', () => {
  it('gives its parameters decoded, the rest of a path with its slashes', async () => {
    expect((await ask('GET', '/api/things/a%20b')).body).toEqual({ id: 'a b' });
    expect((await ask('GET', '/api/things/1/files/a/b%20c/d.txt')).body).toEqual({
      id: '1',
      path: 'a/b c/d.txt',
    });
  });
});

describe('another origin', () => {
  const allowed = 'https://panel.example';
  it('that is configured may call, and only with what a preflight names', async () => {
    const preflight = await ask('OPTIONS', '/api/things', undefined, {
      origin: allowed,
      'access-control-request-method': 'POST',
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': allowed,
      'access-control-allow-credentials': 'true',
      vary: expect.stringContaining('Origin'),
    });
    const call = await ask('GET', '/api/things/1', undefined, { origin: allowed });
    expect(call.headers['access-control-allow-origin']).toBe(allowed);
    expect(call.headers['access-control-expose-headers']).toContain('etag');
  });

  it.each([
    'https://evil.example',
    'http://panel.example',
    'https://panel.example:8443',
    'https://panel.example.evil.example',
    'https://evilpanel.example',
    'https://PANEL.example',
    'https://panel.example/',
    'null',
    '*',
  ])('that is not configured gets no permission: %s', async (origin) => {
    for (const method of ['GET', 'OPTIONS']) {
      const { headers } = await ask(method, '/api/things/1', undefined, { origin });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
      expect(headers.vary).toContain('Origin');
    }
  });

  it('gets no permission for pages', async () => {
    const { headers } = await ask('GET', '/claim', undefined, { origin: allowed });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('a raw body', () => {
  it('arrives as bytes of any media type', async () => {
    const answer = await ask('PUT', '/api/raw', '\u0000\u0001binary', { 'content-type': 'image/png' });
    expect(answer.body).toEqual({ size: 8 });
  });
});
