import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { dialTo, listen, origin, PUBLIC, type Opened } from '../testing/harness.js';
import { proxyHarness, readAll, readUntil, until, type ProxyHarness } from '../testing/proxy-harness.js';

let canary: Opened;
let canaryHits = 0;
let echo: Opened;
let web: Opened;
let seen: { readonly url: string; readonly headers: readonly string[]; readonly body: string }[] = [];
let running: ProxyHarness[] = [];

const open = async (...args: Parameters<typeof proxyHarness>): Promise<ProxyHarness> => {
  const opened = await proxyHarness(...args);
  running.push(opened);
  return opened;
};

const connectTo = (authority: string, more = ''): string =>
  `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${more}\r\n`;

beforeAll(async () => {
  canary = await listen(
    createServer((socket) => {
      canaryHits += 1;
      socket.end('secret');
    }),
  );
  echo = await listen(createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket)));
  web = await origin((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({ url: request.url ?? '', headers: request.rawHeaders, body });
      response.setHeader('x-end', 'kept').setHeader('connection', 'close, x-hop').setHeader('x-hop', 'gone');
      response.end('answer');
    });
  });
});
afterAll(() => Promise.all([canary.close(), echo.close(), web.close()]));
afterEach(async () => {
  const hits = canaryHits;
  canaryHits = 0;
  for (const { proxy } of running) await proxy.close();
  running = [];
  seen = [];
  expect(hits).toBe(0);
});

describe('CONNECT', () => {
  test('carries bytes both ways, in order, with what was sent early, and records it once', async () => {
    const dial = dialTo(echo.port);
    const { dial: raw, events, lookups } = await open({ dial });
    const socket = await raw(`${connectTo('one.example.org:443')}early `);
    let answer = await readUntil(socket, 'early ');
    socket.write('later');
    answer += await readUntil(socket, 'later');
    socket.end();
    await until(() => events.length === 1);
    expect(answer).toBe('HTTP/1.1 200 Connection established\r\n\r\nearly later');
    expect(lookups).toEqual(['one.example.org']);
    expect(dial.targets).toMatchObject([{ host: 'one.example.org', address: PUBLIC, port: 443 }]);
    expect(events).toMatchObject([
      {
        agent: 'a1',
        method: 'CONNECT',
        url: 'one.example.org:443',
        host: 'one.example.org',
        port: 443,
        resolved: [PUBLIC],
        chosen: PUBLIC,
        status: 200,
        rule: 'net.allow',
        verdict: 'allow',
        bytes: 11,
        bytesOut: 11,
      },
    ]);
  });

  test('hands each end on by itself: a client that has ended still gets the rest', async () => {
    const { dial, events } = await open({ dial: dialTo(echo.port) });
    const socket = await dial(connectTo('one.example.org:443'));
    await readUntil(socket, '\r\n\r\n');
    const rest = readAll(socket);
    socket.end('last words');
    expect(await rest).toBe('last words');
    await until(() => events.length === 1);
    expect(events).toMatchObject([{ verdict: 'allow', rule: 'net.allow', bytes: 10, bytesOut: 10 }]);
  });

  test.each([
    ['127.0.0.1:443', 'net.address.loopback'],
    ['[::1]:443', 'net.address.loopback'],
    ['127.0.0.1:22', 'net.address.loopback'],
    ['localhost:443', 'net.name.reserved'],
    ['169.254.169.254:80', 'net.address.metadata'],
    ['[::ffff:7f00:1]:443', 'net.address.ipv4-mapped'],
    ['2130706433:443', 'net.host.non-canonical'],
    ['0x7f.1:443', 'net.host.non-canonical'],
    ['one.example.org:22', 'net.port.denied'],
  ])('an agent that asks for %s reaches nothing and reads why', async (authority, rule) => {
    const dial = dialTo(canary.port);
    const { ask, events, lookups } = await open({ dial });
    const answer = await ask(connectTo(authority));
    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(answer).toContain(`\r\nx-clawforce-rule: ${rule}\r\n`);
    expect(answer.slice(answer.indexOf('\r\n\r\n') + 4)).toMatch(
      new RegExp(`^${rule.replaceAll('.', '\\.')}: .+\\n$`),
    );
    expect([lookups, dial.targets]).toEqual([[], []]);
    expect(events).toMatchObject([{ agent: 'a1', verdict: 'deny', rule, chosen: null, status: 403 }]);
  });

  test.each([
    ['private only', ['10.0.0.1'], 'net.address.private'],
    ['public and private', [PUBLIC, '127.0.0.1'], 'net.address.loopback'],
  ])('a name server that answers %s gains nothing, with one lookup', async (_what, answers, rule) => {
    const dial = dialTo(canary.port);
    const { ask, events, lookups } = await open({ dial, dns: { 'evil.example.org': answers } });
    const answer = await ask(connectTo('evil.example.org:443'));
    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(answer).toContain(`x-clawforce-rule: ${rule}\r\n`);
    expect([lookups, dial.targets]).toEqual([['evil.example.org'], []]);
    expect(events).toMatchObject([{ verdict: 'deny', rule, resolved: answers, chosen: null }]);
  });

  test('a dial that leads elsewhere is refused before a byte is written', async () => {
    const received: Buffer[] = [];
    let closed = 0;
    const trap = await listen(
      createServer((socket) => {
        socket.on('data', (chunk) => received.push(chunk));
        socket.on('close', () => (closed += 1));
      }),
    );
    const { ask, events } = await open({ dial: dialTo(trap.port, () => '127.0.0.1') });
    const answer = await ask(`${connectTo('one.example.org:443')}early`);
    // By the proxy: nobody else ends it.
    await until(() => closed === 1);
    await trap.close();
    expect(answer).toContain('x-clawforce-rule: net.connection.peer\r\n');
    expect(events).toMatchObject([{ verdict: 'deny', rule: 'net.connection.peer' }]);
    expect(received).toEqual([]);
  });

  test.each([
    'a@b.example.org:443',
    'a.example.org:443:80',
    'a.example.org',
    'a.example.org:0',
    'a.example.org:65536',
    'a.example.org:0443',
    'a.example.org:',
    '[::1',
    '[::1]',
    ':443',
    'a%2eexample.org:443',
    'a.example.org\0.ok.example.org:443',
    'a.example.org\r\n.ok.example.org:443',
    'a.example.org:443\r\n.ok.example.org:443',
    'a.example.org/:443',
    'http://a.example.org:443',
    'a_b..example.org\\:443',
    '\xef\xbd\x81.example.org:443',
  ])('%j, which two readers could read as two hosts, is malformed and never looked up', async (authority) => {
    const dial = dialTo(canary.port);
    const { ask, events, lookups } = await open({ dial });
    const answer = await ask(connectTo(authority));
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toMatch(/\r\nx-clawforce-rule: net\.(?:proxy\.malformed|url\.[a-z-]+)\r\n/);
    expect([lookups, dial.targets]).toEqual([[], []]);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ verdict: 'deny', chosen: null });
  });

  test('two Host headers are malformed', async () => {
    const { ask, lookups } = await open();
    const answer = await ask(connectTo('one.example.org:443', 'Host: two.example.org\r\n'));
    expect(answer).toContain('x-clawforce-rule: net.proxy.malformed\r\n');
    expect(lookups).toEqual([]);
  });

  test('a request through the proxy to the proxy is refused even where an exception admits the address', async () => {
    const first = await open();
    const exceptions = [{ address: '127.0.0.1', port: first.port }];
    const policy = { exceptions };
    const second = await proxyHarness({ policy });
    running.push(second);
    const own = new (first.policies.get('a1')!.constructor as new (o: object) => never)(policy);
    first.policies.set('a1', own);
    expect(await first.ask(connectTo(`127.0.0.1:${first.port}`))).toContain(
      'x-clawforce-rule: net.proxy.loop\r\n',
    );
    expect(await first.ask(connectTo(`127.0.0.1:${second.port}`))).toContain(
      'x-clawforce-rule: net.address.loopback\r\n',
    );
  });
});

test('a CONNECT inside a tunnel is judged by the proxy that it reaches', async () => {
  const inner = await open({ dial: dialTo(canary.port) });
  // The only way to have such a tunnel is an exception for the other proxy.
  const outer = await open({ policy: { exceptions: [{ address: '127.0.0.1', port: inner.port }] } });
  const socket = await outer.dial(connectTo(`127.0.0.1:${inner.port}`));
  await readUntil(socket, '\r\n\r\n');
  socket.write(connectTo('127.0.0.1:443'));
  expect(await readUntil(socket, 'loopback')).toContain('x-clawforce-rule: net.address.loopback\r\n');
  socket.destroy();
  expect(inner.events).toMatchObject([{ verdict: 'deny', rule: 'net.address.loopback' }]);
});

test('an audit sink that throws or rejects changes no request and is counted', async () => {
  let calls = 0;
  const { ask, proxy } = await open({
    dial: dialTo(web.port),
    onAudit: () => {
      calls += 1;
      if (calls === 1) throw new Error('disk full');
      return Promise.reject(new Error('disk full')) as never;
    },
  });
  const get = 'GET http://one.example.org/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  for (let i = 0; i < 2; i += 1) expect(await ask(get)).toMatch(/^HTTP\/1\.1 200 [^]*answer$/);
  await until(() => proxy.auditFailures === 2);
  expect(calls).toBe(2);
});

test('an audit sink that never comes back holds up no request and no end', async () => {
  let calls = 0;
  const { ask, proxy } = await open({
    dial: dialTo(web.port),
    onAudit: () => {
      calls += 1;
      return new Promise(() => undefined) as never;
    },
  });
  const get = 'GET http://one.example.org/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  for (let i = 0; i < 2; i += 1) expect(await ask(get)).toMatch(/^HTTP\/1\.1 200 [^]*answer$/);
  await until(() => calls === 2);
  await proxy.close();
  expect(proxy.auditFailures).toBe(0);
});

describe('absolute-form', () => {
  test('is forwarded with the Host of the target and without what ends at this hop', async () => {
    const { ask, events } = await open({ dial: dialTo(web.port) });
    const secret = ['Proxy-Authorization: Basic', 'eDp5'].join(' ');
    const answer = await ask(
      `POST http://One.example.org/a/../b?token=1#f HTTP/1.1\r\nHost: evil.example.org\r\nConnection: close, x-secret, content-length\r\nx-secret: 1\r\nTE: trailers\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\n${secret}\r\nX-Kept: yes\r\nContent-Length: 4\r\n\r\nbody`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toContain('x-end: kept\r\n');
    expect(answer).not.toContain('x-hop');
    expect(answer.endsWith('answer')).toBe(true);
    const [{ url, headers, body } = { url: '', headers: [], body: '' }] = seen;
    expect([url, body]).toEqual(['/a/../b?token=1', 'body']);
    expect(headers.map((part, i) => (i % 2 === 0 ? part.toLowerCase() : part))).toEqual([
      'host',
      'one.example.org',
      'x-kept',
      'yes',
      'content-length',
      '4',
      'via',
      expect.stringMatching(/^1\.1 clawforce-[0-9a-f]{12}$/),
      'connection',
      'close',
    ]);
    await until(() => events.length === 1);
    expect(events).toMatchObject([
      { verdict: 'allow', method: 'POST', status: 200, chosen: PUBLIC, host: 'one.example.org' },
    ]);
    expect(JSON.stringify(events)).not.toContain('token=1');
  });

  test.each([
    ['http://127.0.0.1/', 403, 'net.address.loopback'],
    ['http://localhost:8080/', 403, 'net.name.reserved'],
    ['http://0x7f.1/', 403, 'net.host.non-canonical'],
    ['http://a:b@one.example.org/', 400, 'net.url.userinfo'],
    ['ftp://one.example.org/', 403, 'net.scheme.denied'],
    ['ws://one.example.org/', 403, 'net.scheme.denied'],
    ['https://one.example.org/', 400, 'net.proxy.malformed'],
    ['/', 400, 'net.proxy.malformed'],
    ['*', 400, 'net.proxy.malformed'],
  ])('an agent that asks for %s gets %i %s and nothing is looked up', async (url, status, rule) => {
    const dial = dialTo(canary.port);
    const { ask, events, lookups } = await open({ dial });
    const answer = await ask(
      `${url === '*' ? 'OPTIONS' : 'GET'} ${url} HTTP/1.1\r\nHost: x.example.org\r\n\r\n`,
    );
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain(`x-clawforce-rule: ${rule}\r\n`);
    expect([lookups, dial.targets]).toEqual([[], []]);
    expect(events).toMatchObject([{ verdict: 'deny', rule, status }]);
  });

  test('the allowlist is judged on the target, whatever Host says', async () => {
    const dial = dialTo(web.port);
    const { ask, lookups } = await open({ dial, policy: { allowlist: ['ok.example.org'] } });
    const answer = await ask('GET http://evil.example.org/ HTTP/1.1\r\nHost: ok.example.org\r\n\r\n');
    expect(answer).toContain('x-clawforce-rule: net.allowlist.not-listed\r\n');
    expect(lookups).toEqual([]);
  });

  test('a WebSocket is sent to CONNECT', async () => {
    const { ask, lookups } = await open({ dial: dialTo(web.port) });
    const answer = await ask(
      'GET http://one.example.org/ HTTP/1.1\r\nHost: one.example.org\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    expect(answer).toContain('x-clawforce-rule: net.proxy.upgrade\r\n');
    expect(lookups).toEqual([]);
  });

  test.each([
    ['Transfer-Encoding: chunked\r\nContent-Length: 3', 'two framings'],
    ['Content-Length: 3\r\nContent-Length: 4', 'two lengths'],
    ['Bad Header: 1', 'a header name with a space'],
    ['Transfer-Encoding: gzip, chunked', 'a coding that would be lost on the way'],
    ['Transfer-Encoding: chunked, identity', 'a framing without an end'],
    ['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', 'chunked twice'],
    ['Content-Length: 3\r\n Transfer-Encoding: chunked', 'a folded header'],
    ['Content-Length: +3', 'a length with a sign'],
  ])('a smuggler gains nothing by %j: %s', async (header) => {
    const dial = dialTo(canary.port);
    const { ask, events } = await open({ dial });
    const answer = await ask(
      `POST http://one.example.org/ HTTP/1.1\r\nHost: one.example.org\r\n${header}\r\n\r\n0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(dial.targets).toEqual([]);
    expect(events).toMatchObject([{ verdict: 'deny', rule: 'net.proxy.malformed' }]);
  });

  test('a request of HTTP/0.9, which has no Host to compare, is malformed', async () => {
    const dial = dialTo(canary.port);
    const { ask, events } = await open({ dial });
    expect(await ask('GET http://one.example.org/\r\n\r\n')).toContain(
      'x-clawforce-rule: net.proxy.malformed\r\n',
    );
    expect([dial.targets, events.length]).toEqual([[], 1]);
  });

  test('a target that is not there is a 502, not a refusal', async () => {
    const { ask, events } = await open({
      dial: () => Promise.reject(Object.assign(new Error('no'), { code: 'ECONNREFUSED' })),
    });
    const answer = await ask('GET http://one.example.org/ HTTP/1.1\r\nHost: one.example.org\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 502 /);
    expect(events).toMatchObject([
      { verdict: 'error', error: 'ECONNREFUSED', status: 502, resolved: [PUBLIC] },
    ]);
  });
});

describe('the record of a request that names no good target', () => {
  test.each([
    ['CONNECT h.example.org:0 HTTP/1.1', 'h.example.org:0', 'h.example.org', 0],
    ['CONNECT h.example.org:99999 HTTP/1.1', 'h.example.org:99999', 'h.example.org', 99_999],
    ['CONNECT h.example.org:SECRET HTTP/1.1', 'h.example.org:…', 'h.example.org', 0],
    ['CONNECT u:SECRET@h.example.org:443 HTTP/1.1', '…@h.example.org:443', 'h.example.org', 443],
    ['GET http://0x7f.1/x?SECRET HTTP/1.1', 'http://0x7f.1/x?…', '0x7f.1', 0],
    ['GET http://u:SECRET@h.example.org/ HTTP/1.1', 'http://…@h.example.org/', 'h.example.org', 0],
    ['GET http://h.example.org:SECRET/ HTTP/1.1', 'http://h.example.org:…/', 'h.example.org', 0],
    ['GET ftp://h.example.org/x HTTP/1.1', 'ftp://h.example.org/x', 'h.example.org', 0],
    ['GET https://h.example.org/x HTTP/1.1', 'https://h.example.org/x', 'h.example.org', 0],
    ['GET /only/a/path HTTP/1.1', '/only/a/path', '', 0],
  ])('%s says what was asked for, and no secret', async (line, url, host, port) => {
    const { ask, events } = await open();
    const answer = await ask(`${line}\r\nHost: x\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 40[03] /);
    expect(events).toMatchObject([{ verdict: 'deny', url, host, port }]);
    expect(JSON.stringify(events) + answer).not.toContain('SECRET');
  });

  test('nor somebody who is known', async () => {
    const { ask, events } = await open({ identify: () => undefined });
    expect(await ask(connectTo('h.example.org:443'))).toMatch(/^HTTP\/1\.1 407 /);
    expect(events).toMatchObject([{ agent: null, host: 'h.example.org', port: 443 }]);
  });
});
