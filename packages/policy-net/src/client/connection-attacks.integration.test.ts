import { spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EgressDeniedError, EgressLimitError } from '../errors.js';
import { NetworkSecurityPolicy } from '../policy.js';
import {
  dialTo,
  harness,
  listen,
  origin,
  PUBLIC,
  rejection,
  type Harness,
  type Opened,
} from '../testing/harness.js';
import { until } from '../testing/proxy-harness.js';

let canary: Opened;
let canaryHits = 0;
let server: Opened;
let running: Harness[] = [];

const open = (...args: Parameters<typeof harness>): Harness => {
  const opened = harness(...args);
  running.push(opened);
  return opened;
};

beforeAll(async () => {
  canary = await origin((_request, response) => {
    canaryHits += 1;
    response.end('secret');
  });
  server = await origin((request, response) => response.end(request.headers.host));
});
afterAll(async () => {
  await canary.close();
  await server.close();
});
beforeEach(() => {
  canaryHits = 0;
  running = [];
});
afterEach(async () => {
  for (const { fetch } of running) await fetch.close();
  expect(canaryHits).toBe(0);
});

describe('an attacker who owns the name server', () => {
  test.each([
    ['private only', ['10.0.0.1'], 'net.address.private'],
    ['public first, private second', [PUBLIC, '127.0.0.1'], 'net.address.loopback'],
    ['private first', ['192.168.1.1', PUBLIC], 'net.address.private'],
    ['mapped', [PUBLIC, '::ffff:127.0.0.1'], 'net.address.ipv4-mapped'],
    ['mapped first', ['::ffff:127.0.0.1', PUBLIC], 'net.address.ipv4-mapped'],
    ['NAT64', [PUBLIC, '64:ff9b::a00:1'], 'net.address.nat64'],
    ['NAT64 first', ['64:ff9b::a00:1', PUBLIC], 'net.address.nat64'],
    ['metadata', ['169.254.169.254'], 'net.address.metadata'],
    ['platform address in public space', ['168.63.129.16'], 'net.address.metadata'],
  ])('gains nothing by answering %s', async (_what, answers, rule) => {
    const dial = dialTo(canary.port);
    const { fetch, events, lookups } = open({ dial, dns: { 'evil.example.org': answers } });
    const error = await rejection(fetch('http://evil.example.org/'));
    expect(error).toBeInstanceOf(EgressDeniedError);
    expect(error).toMatchObject({ code: 'EGRESS_DENIED', decision: { rule } });
    expect(lookups).toEqual(['evil.example.org']);
    expect(dial.targets).toEqual([]);
    expect(events).toMatchObject([
      { verdict: 'deny', rule, resolved: answers, chosen: null, host: 'evil.example.org' },
    ]);
  });

  test('gains nothing by rebinding: one lookup per connection, and the judged address is dialled', async () => {
    const answers = [[PUBLIC], ['127.0.0.1']];
    const asked: string[] = [];
    const dial = dialTo(server.port);
    const { fetch, events } = open({
      dial,
      resolve: (host) => {
        asked.push(host);
        return Promise.resolve(answers.shift() ?? ['127.0.0.1']);
      },
    });
    expect(await (await fetch('http://rebind.example.org/')).text()).toBe('rebind.example.org');
    // undici takes a connection back one turn after the body's end.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await (await fetch('http://rebind.example.org/')).text()).toBe('rebind.example.org');
    expect(asked).toHaveLength(1);
    expect(dial.targets.map(({ addresses }) => addresses)).toEqual([[PUBLIC]]);
    expect(events.map(({ chosen }) => chosen)).toEqual([PUBLIC, PUBLIC]);
  });

  test('gains nothing after the idle connection is gone: the new one is judged anew', async () => {
    const idle: Socket[] = [];
    const keeping = createHttpServer((_request, response) => response.end('x'));
    keeping.on('connection', (socket: Socket) => idle.push(socket));
    const closing = await listen(keeping);
    const answers = [[PUBLIC], ['127.0.0.1']];
    const dial = dialTo(({ address }) => (address === PUBLIC ? closing.port : canary.port));
    const dialled: Socket[] = [];
    const { fetch } = open({
      dial: async (target) => {
        const socket = await dial(target);
        dialled.push(socket);
        return socket;
      },
      resolve: () => Promise.resolve(answers.shift() ?? []),
    });
    await (await fetch('http://rebind.example.org/')).text();
    // Kept by both sides, until the server closes it.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([idle.length, dialled[0]?.destroyed]).toEqual([1, false]);
    idle[0]?.end();
    await until(() => dialled[0]?.destroyed === true);
    const error = await rejection(fetch('http://rebind.example.org/'));
    expect(error).toMatchObject({ decision: { rule: 'net.address.loopback' } });
    expect(dialled).toHaveLength(1);
    await closing.close();
  });

  test('cannot make the client use labels to carry data out: names off the allowlist are not looked up', async () => {
    const { fetch, lookups } = open({ policy: { allowlist: ['example.com'] }, dial: dialTo(server.port) });
    for (let i = 0; i < 200; i += 1) {
      const label = String(i).padStart(60, 'a');
      const error = await rejection(fetch(`https://${label}.evil.example.org/`));
      expect(error).toMatchObject({ decision: { rule: 'net.allowlist.not-listed' } });
    }
    expect(lookups).toEqual([]);
  });

  test.each([
    ['fails', () => Promise.reject(new Error('ENOTFOUND')), 'net.dns.failed'],
    [
      'throws',
      () => {
        throw new Error('broken');
      },
      'net.dns.failed',
    ],
    ['answers nothing', () => Promise.resolve([]), 'net.dns.empty'],
    ['answers garbage', () => Promise.resolve(['not-an-ip']), 'net.dns.malformed'],
    ['answers an address with a zone', () => Promise.resolve(['fe80::1%eth0']), 'net.dns.malformed'],
    [
      'floods',
      () => Promise.resolve(Array.from({ length: 60_000 }, (_, i) => `93.184.${i >> 8}.${i & 255}`)),
      'net.dns.malformed',
    ],
    ['answers an address in an odd spelling', () => Promise.resolve(['093.184.215.14']), 'net.dns.malformed'],
    ['answers no list', () => Promise.resolve('93.184.215.14' as never), 'net.dns.malformed'],
    ['is silent', () => new Promise<never>(() => undefined), 'net.dns.timeout'],
  ])('is refused when the resolver %s', async (_what, resolve, rule) => {
    const { fetch, events } = open({ resolve, dial: dialTo(canary.port), limits: { dnsMs: 100 } });
    const start = performance.now();
    const error = await rejection(fetch('https://name.example.org/'));
    expect(error).toMatchObject({ code: 'EGRESS_DNS', decision: { rule } });
    expect(performance.now() - start).toBeLessThan(1_500);
    expect(events).toMatchObject([{ verdict: 'deny', rule, resolved: [] }]);
  });
});

test('a client leaves no timer and no socket behind when the resolver is silent', () => {
  // In a process of its own: it ends by itself as soon as nothing is waited for.
  const script = `
    import { createGuardedFetch, NetworkSecurityPolicy } from ${JSON.stringify(new URL('../index.ts', import.meta.url).href)};
    const guarded = createGuardedFetch(new NetworkSecurityPolicy(), {
      resolve: () => new Promise(() => undefined), limits: { dnsMs: 50 },
    });
    await guarded('https://silent.example.org/').catch((error) => console.log(error.decision.rule));`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--conditions=@clawforce/source', '--import', 'tsx', '--input-type=module', '-e', script],
    { encoding: 'utf8', timeout: 30_000 },
  );
  // The other deadlines, of 10 and 30 s, are not waited for, and nobody had to close anything.
  expect([stdout.trim(), status], stderr).toEqual(['net.dns.timeout', 0]);
});

describe('the connection', () => {
  test('of an address literal needs no lookup', async () => {
    const { fetch, lookups } = open({ dial: dialTo(server.port) });
    await (await fetch(`http://${PUBLIC}/`)).text();
    expect(lookups).toEqual([]);
  });

  test('to a refused literal is never opened, in any IPv6 form', async () => {
    const dial = dialTo(canary.port);
    const { fetch, lookups } = open({ dial });
    for (const host of [
      '127.0.0.1',
      '[::1]',
      '[::ffff:7f00:1]',
      '[64:ff9b::7f00:1]',
      '[2002:7f00:1::]',
      '0.0.0.0',
    ]) {
      expect(await rejection(fetch(`http://${host}/`))).toBeInstanceOf(EgressDeniedError);
    }
    expect([dial.targets, lookups]).toEqual([[], []]);
  });

  test.each([
    ['a private address', () => '127.0.0.1'],
    ['another public address', () => '1.1.1.1'],
    ['no address', () => undefined as never],
  ])('is destroyed before a byte is written when the socket leads to %s', async (_what, claim) => {
    let received = 0;
    let closed = 0;
    const tap = await listen(
      createServer((socket) => {
        socket.on('data', (chunk: Buffer) => (received += chunk.length));
        socket.on('close', () => (closed += 1));
      }),
    );
    const { fetch, events } = open({ dial: dialTo(tap.port, claim) });
    const error = await rejection(fetch('http://name.example.org/'));
    expect(error).toMatchObject({ decision: { rule: 'net.connection.peer' } });
    expect(events).toMatchObject([{ verdict: 'deny', resolved: [PUBLIC] }]);
    // By the client: nobody else ends it.
    await until(() => closed === 1);
    expect(received).toBe(0);
    await tap.close();
  });

  test('that never opens ends at its deadline', async () => {
    const { fetch, events } = open({
      dial: () => new Promise<never>(() => undefined),
      limits: { connectMs: 80 },
    });
    const error = await rejection(fetch('http://name.example.org/'));
    expect(error).toBeInstanceOf(EgressLimitError);
    expect(error).toMatchObject({ limit: 'connectMs' });
    expect(events).toMatchObject([{ verdict: 'limit', error: 'connectMs' }]);
    // A timer may fire a millisecond before its time.
    expect(events[0]?.ms).toBeGreaterThanOrEqual(78);
  });

  test('that opens after its deadline is closed', async () => {
    const late = new Socket();
    const { fetch } = open({
      dial: () => new Promise((resolve) => setTimeout(() => resolve(late), 120)),
      limits: { connectMs: 40 },
    });
    await rejection(fetch('http://name.example.org/'));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(late.destroyed).toBe(true);
  });

  test('ignores proxy variables of the environment', async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      HTTP_PROXY: 'http://127.0.0.1:9',
      http_proxy: 'http://127.0.0.1:9',
      NODE_USE_ENV_PROXY: '1',
    });
    try {
      const { fetch } = open({ dial: dialTo(server.port) });
      expect(await (await fetch('http://example.com/')).text()).toBe('example.com');
    } finally {
      for (const name of ['HTTP_PROXY', 'http_proxy', 'NODE_USE_ENV_PROXY']) {
        // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- restores the environment of the test process
        if (before[name] === undefined) delete process.env[name];
      }
    }
  });

  test('is not shared between policies', async () => {
    const dial = dialTo(server.port);
    const one = open({ dial });
    const other = open({ dial, policy: { allowlist: ['elsewhere.example.com'] } });
    await (await one.fetch('http://example.com/')).text();
    expect(await rejection(other.fetch('http://example.com/'))).toMatchObject({
      decision: { rule: 'net.allowlist.not-listed' },
    });
    expect(dial.targets).toHaveLength(1);
  });

  test('keeps the port, the Host header and no Host of the caller', async () => {
    const { fetch } = open({ dial: dialTo(server.port) });
    const response = await fetch('http://example.com:8080/', { headers: { host: 'internal' } });
    expect(await response.text()).toBe('example.com:8080');
  });

  test('errors in the socket after the response do not end the process', async () => {
    const uncaught: unknown[] = [];
    const onUncaught = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', onUncaught);
    const reset = await listen(
      createServer((socket) => {
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok', () => socket.resetAndDestroy());
        });
      }),
    );
    const { fetch } = open({ dial: dialTo(reset.port) });
    for (let i = 0; i < 30; i += 1) {
      await fetch('http://example.com/')
        .then((response) => response.text())
        .catch(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.off('uncaughtException', onUncaught);
    expect(uncaught).toEqual([]);
    await reset.close();
  });
});

describe('the built-in dial', () => {
  test('reaches an excepted loopback service, by literal and by a name that resolves there', async () => {
    const exceptions = [{ address: '127.0.0.1', port: server.port }];
    const { fetch, events } = open({ policy: { exceptions }, dns: { 'demo.internal': ['127.0.0.1'] } });
    expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe(`127.0.0.1:${server.port}`);
    expect(await (await fetch(`http://demo.internal:${server.port}/`)).text()).toBe(
      `demo.internal:${server.port}`,
    );
    expect(events).toMatchObject([
      { verdict: 'allow', rule: 'net.exception.allow', chosen: '127.0.0.1' },
      { verdict: 'allow', chosen: '127.0.0.1', resolved: ['127.0.0.1'] },
    ]);
  });

  test('does not reach the neighbour port of an exception', async () => {
    const { fetch } = open({ policy: { exceptions: [{ address: '127.0.0.1', port: server.port }] } });
    expect(await rejection(fetch(`http://127.0.0.1:${canary.port}/`))).toMatchObject({
      decision: { rule: 'net.address.loopback' },
    });
  });

  test('tries the next judged address when the first does not answer', async () => {
    const exceptions = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, port: server.port }));
    const { fetch, events } = open({
      policy: { exceptions },
      // Nothing listens on 127.0.0.2.
      dns: { 'demo.internal': ['127.0.0.2', '127.0.0.1'] },
    });
    await (await fetch(`http://demo.internal:${server.port}/`)).text();
    expect(events).toMatchObject([{ chosen: '127.0.0.1', resolved: ['127.0.0.2', '127.0.0.1'] }]);
  });

  test('reports a refused connection as a network error, audited once', async () => {
    const gone = await origin(() => undefined);
    await gone.close();
    const { fetch, events } = open({ policy: { exceptions: [{ address: '127.0.0.1', port: gone.port }] } });
    const error = await rejection(fetch(`http://127.0.0.1:${gone.port}/`));
    expect(error).toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNREFUSED' } });
    expect(events).toMatchObject([{ verdict: 'error', error: 'ECONNREFUSED', chosen: null }]);
  });
});

describe('a policy change', () => {
  test('ends requests that no longer fit and leaves the others', async () => {
    const slow = await origin((_request, response) => {
      response.write('first');
      setTimeout(() => response.end('last'), 400);
    });
    const { fetch, events } = open({ dial: dialTo(slow.port) });
    const [stays, goes] = await Promise.all([
      fetch('http://stays.example.com/'),
      fetch('http://goes.example.com/'),
    ]);
    fetch.update(new NetworkSecurityPolicy({ allowlist: ['stays.example.com'] }));
    expect(await rejection(goes.text())).toMatchObject({ code: 'EGRESS_REVOKED' });
    expect(await stays.text()).toBe('firstlast');
    expect(await rejection(fetch('http://goes.example.com/'))).toMatchObject({
      decision: { rule: 'net.allowlist.not-listed' },
    });
    expect(events.map(({ rule }) => rule)).toEqual([
      'net.policy.revoked',
      'net.allow',
      'net.allowlist.not-listed',
    ]);
    await slow.close();
  });

  test('closes idle connections', async () => {
    const closed = new EventEmitter();
    const dial = dialTo(server.port);
    const { fetch } = open({
      dial: async (target) => (await dial(target)).on('close', () => closed.emit('closed')),
    });
    await (await fetch('http://example.com/')).text();
    const gone = once(closed, 'closed');
    fetch.update(new NetworkSecurityPolicy());
    await gone;
    expect((await fetch('http://example.com/')).status).toBe(200);
    expect(dial.targets).toHaveLength(2);
  });

  test('close ends what runs and refuses what comes', async () => {
    const hanging = await origin((_request, response) => void response.write('x'));
    const { fetch } = open({ dial: dialTo(hanging.port) });
    const response = await fetch('http://example.com/');
    const reading = rejection(response.text());
    await fetch.close();
    expect(await reading).toBeInstanceOf(TypeError);
    expect(await rejection(fetch('http://example.com/'))).toMatchObject({
      message: 'this guarded fetch is closed',
    });
    await hanging.close();
  });
});

test('the harness reaches the canary when nothing guards it (positive control)', async () => {
  const socket = connect({ host: '127.0.0.1', port: canary.port });
  socket.write('GET / HTTP/1.0\r\n\r\n');
  await once(socket, 'data');
  socket.destroy();
  expect(canaryHits).toBe(1);
  canaryHits = 0;
});

test.each([
  ['another port of the judged address', () => 22],
  ['no port at all', () => undefined as never],
])('a dial that leads to %s is refused before a byte is written', async (_what, claimPort) => {
  let bytes = 0;
  const silent = await listen(
    createServer((socket) => void socket.on('data', (chunk) => (bytes += chunk.length))),
  );
  const { fetch, events } = open({ dial: dialTo(silent.port, undefined, claimPort) });
  expect(await rejection(fetch('http://one.example.com/'))).toMatchObject({
    decision: { rule: 'net.connection.peer' },
  });
  expect(events).toMatchObject([{ verdict: 'deny', chosen: null }]);
  expect(bytes).toBe(0);
  await silent.close();
});
