import { readdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { NetworkSecurityPolicy } from '../policy.js';
import { selfSigned } from '../testing/certificate.js';
import { dialTo, listen, PUBLIC, type Opened } from '../testing/harness.js';
import { opensslHello } from '../testing/openssl-hello.js';
import {
  heldBytes,
  proxyHarness,
  readAll,
  readUntil,
  until,
  readSlowly,
  watchMemory,
  type ProxyHarness,
} from '../testing/proxy-harness.js';

let echo: Opened;
let echoSockets: Set<Socket>;
let running: ProxyHarness[] = [];

const open = async (...args: Parameters<typeof proxyHarness>): Promise<ProxyHarness> => {
  const opened = await proxyHarness(...args);
  running.push(opened);
  return opened;
};
const connectTo = (authority: string): string =>
  `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;

beforeAll(async () => {
  echoSockets = new Set();
  echo = await listen(
    createServer({ allowHalfOpen: true }, (socket) => {
      echoSockets.add(socket);
      socket.on('error', () => undefined).once('close', () => echoSockets.delete(socket));
      socket.pipe(socket);
    }),
  );
});
afterAll(() => echo.close());
afterEach(async () => {
  for (const { proxy } of running) await proxy.close();
  running = [];
  await until(() => echoSockets.size === 0);
});

async function tunnel(harness: ProxyHarness, authority = 'one.example.org:443'): Promise<Socket> {
  const socket = await harness.dial(connectTo(authority));
  expect(await readUntil(socket, '\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  return socket;
}

/** Waits for the end of a socket that is being read. */
function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
}

describe('a policy that changes', () => {
  test('ends the tunnels that it no longer admits, and only those', async () => {
    const harness = await open({ dial: dialTo(echo.port) });
    const gone = await tunnel(harness, 'gone.example.org:443');
    const kept = await tunnel(harness, 'kept.example.org:443');
    harness.policies.set('a1', new NetworkSecurityPolicy({ allowlist: ['kept.example.org'] }));
    harness.proxy.update('somebody else');
    expect(harness.events).toEqual([]);
    harness.proxy.update('a1');
    await ended(gone);
    kept.write('still there');
    expect(await readUntil(kept, 'there')).toBe('still there');
    expect(harness.events).toMatchObject([
      { host: 'gone.example.org', verdict: 'deny', rule: 'net.policy.revoked', chosen: PUBLIC },
    ]);
  });

  test('ends every tunnel of an agent that has none any more', async () => {
    const harness = await open({ dial: dialTo(echo.port) });
    const socket = await tunnel(harness);
    harness.policies.clear();
    harness.proxy.update();
    await ended(socket);
    expect(await harness.ask(connectTo('one.example.org:443'))).toContain(
      'x-clawforce-rule: net.proxy.no-policy',
    );
    expect(harness.events.map(({ rule }) => rule)).toEqual(['net.policy.revoked', 'net.proxy.no-policy']);
  });

  test('counts also while the connection is being opened', async () => {
    let dialled = (): void => undefined;
    const gate = new Promise<void>((resolve) => (dialled = resolve));
    const toEcho = dialTo(echo.port);
    const harness = await open({ dial: async (target) => gate.then(() => toEcho(target)) });
    const answer = harness.ask(connectTo('one.example.org:443'));
    await until(() => harness.lookups.length === 1);
    harness.policies.set('a1', new NetworkSecurityPolicy({ allowlist: [] }));
    dialled();
    expect(await answer).toContain('x-clawforce-rule: net.policy.revoked\r\n');
    expect(harness.events).toMatchObject([{ verdict: 'deny', rule: 'net.policy.revoked' }]);
  });
});

describe('limits', () => {
  test('an agent makes so many requests within a minute, refused ones among them', async () => {
    const harness = await open({ dial: dialTo(echo.port), limits: { maxRequests: 2 } });
    await harness.ask(connectTo('10.0.0.1:443'));
    (await tunnel(harness)).destroy();
    const answer = await harness.ask(connectTo('one.example.org:443'));
    expect(answer).toMatch(/^HTTP\/1\.1 429 /);
    expect(answer).toContain('x-clawforce-rule: net.proxy.too-many-requests\r\n');
    expect(answer).toContain('Retry-After: 60\r\n');
    await until(() => harness.events.length === 3);
    expect(harness.lookups).toEqual(['one.example.org']);
  });

  test('an agent has so many tunnels and no more; an ended one makes room', async () => {
    const harness = await open({ dial: dialTo(echo.port), limits: { maxTunnels: 2 } });
    const first = await tunnel(harness);
    await tunnel(harness);
    const answer = await harness.ask(connectTo('one.example.org:443'));
    expect(answer).toMatch(/^HTTP\/1\.1 429 [^]*x-clawforce-rule: net\.proxy\.too-many-tunnels\r\n/);
    first.end();
    await until(() => harness.events.length === 2);
    await tunnel(harness);
  });

  test('a tunnel without traffic is closed, one with traffic is not', async () => {
    // Long beside the pauses of a busy host, in which nobody writes.
    const harness = await open({ dial: dialTo(echo.port), limits: { idleMs: 800 } });
    const [silent, busy] = [await tunnel(harness), await tunnel(harness)];
    const timer = setInterval(() => busy.write('x'), 30);
    await ended(silent);
    await new Promise((resolve) => setTimeout(resolve, 400));
    clearInterval(timer);
    expect(busy.destroyed).toBe(false);
    expect(harness.events).toMatchObject([{ verdict: 'limit', error: 'idleMs' }]);
  });

  test('a side that stays open alone is closed after halfOpenMs', async () => {
    const mute = await listen(createServer({ allowHalfOpen: true }, (socket) => void socket.resume()));
    const harness = await open({ dial: dialTo(mute.port), limits: { halfOpenMs: 100 } });
    const socket = await tunnel(harness);
    const closed = ended(socket);
    socket.end();
    socket.resume();
    await closed;
    await mute.close();
    expect(harness.events).toMatchObject([{ verdict: 'limit', error: 'halfOpenMs' }]);
  });

  test('a client that leaves during the dial stops it', async () => {
    let aborted = false;
    const harness = await open({
      dial: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(new Error('aborted'));
          });
        }),
    });
    const socket = await harness.dial(connectTo('one.example.org:443'));
    await until(() => harness.lookups.length === 1);
    socket.end();
    await until(() => aborted);
    expect(harness.events).toMatchObject([{ verdict: 'error', error: 'CLIENT_CLOSED', chosen: null }]);
  });

  test('a target that never answers is given up after connectMs', async () => {
    const harness = await open({ dial: () => new Promise(() => undefined), limits: { connectMs: 80 } });
    const answer = await harness.ask(connectTo('one.example.org:443'));
    expect(answer).toMatch(/^HTTP\/1\.1 504 /);
    expect(harness.events).toMatchObject([{ verdict: 'limit', error: 'connectMs' }]);
  });

  test('a client that floods before the tunnel is open is refused', async () => {
    const dial = dialTo(echo.port);
    const harness = await open({
      dial: async (target) => {
        await new Promise((resolve) => setTimeout(resolve, 500));
        return dial(target);
      },
      limits: { maxEarlyBytes: 1_000 },
    });
    const answer = await harness.ask(connectTo('one.example.org:443') + 'x'.repeat(5_000));
    expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*x-clawforce-rule: net\.proxy\.early-data\r\n/);
    expect(harness.events).toMatchObject([{ verdict: 'deny', rule: 'net.proxy.early-data' }]);
  });

  test('a head that is too long is a 431, one that never ends a 408', async () => {
    const harness = await open({ limits: { maxHeaderBytes: 2_000, headersMs: 200 } });
    const long = await harness.ask(`CONNECT a.example.org:443 HTTP/1.1\r\nX: ${'x'.repeat(3_000)}\r\n\r\n`);
    expect(long).toMatch(/^HTTP\/1\.1 431 /);
    expect(await harness.ask('CONNECT a.example.org:443 HTTP/1.1\r\nX')).toMatch(/^HTTP\/1\.1 408 /);
    expect(harness.events.map(({ verdict, error }) => [verdict, error])).toEqual([
      ['limit', 'maxHeaderBytes'],
      ['limit', 'headersMs'],
    ]);
  });

  test('a reader that stops reading stops the target: memory stays bounded', async () => {
    let written = 0;
    const chunk = Buffer.alloc(64 * 1024, 97);
    const source = await listen(
      createServer((socket) => {
        const pump = (): void => {
          while (written < 2 ** 30 && !socket.destroyed) {
            written += chunk.length;
            if (!socket.write(chunk)) {
              socket.once('drain', pump);
              return;
            }
          }
        };
        pump();
      }),
    );
    const harness = await open({ dial: dialTo(source.port) });
    const memory = watchMemory();
    const socket = await harness.dial(connectTo('one.example.org:443'));
    await readUntil(socket, '\r\n\r\n');
    await readSlowly(socket, () => written);
    // What the kernel's buffers on both loopback legs hold, what was read, and no more.
    expect(written).toBeLessThan(64 * 2 ** 20);
    socket.destroy();
    expect(memory()).toBeLessThan(64 * 2 ** 20);
    await until(() => harness.events.length === 1);
    await source.close();
  });

  test('a hundred idle tunnels cost less than 64 KiB each, both ends and the target included', async () => {
    const harness = await open({ dial: dialTo(echo.port) });
    for (let i = 0; i < 10; i += 1) await tunnel(harness);
    const before = heldBytes();
    for (let i = 0; i < 100; i += 1) await tunnel(harness);
    expect((heldBytes() - before) / 100).toBeLessThan(64 * 1024);
  });
});

requires('linux').describe('descriptors', () => {
  test('are given back, however a tunnel ends', async () => {
    const count = (): number => readdirSync('/proc/self/fd').length;
    const harness = await open({ dial: dialTo(echo.port), limits: { maxTunnels: Infinity } });
    (await tunnel(harness)).destroy();
    await until(() => harness.events.length === 1 && echoSockets.size === 0);
    const before = count();
    for (let i = 0; i < 40; i += 1) {
      const socket = await tunnel(harness);
      socket.write('x'.repeat(100_000));
      if (i % 4 === 0) socket.end();
      else if (i % 4 === 1) socket.resetAndDestroy();
      else if (i % 4 === 2) socket.destroy();
      else [...echoSockets].at(-1)?.resetAndDestroy();
      socket.resume();
      socket.once('end', () => socket.end());
    }
    await until(() => harness.events.length === 41 && echoSockets.size === 0);
    await until(() => count() <= before);
  });
});

describe('closing', () => {
  test('the proxy ends its tunnels and records them; a listener only its own', async () => {
    const harness = await open({ dial: dialTo(echo.port) });
    const other = await harness.proxy.listen({ port: 0, agent: 'a1' });
    const socket = await tunnel(harness);
    await other.close();
    expect(socket.destroyed).toBe(false);
    const closed = ended(socket);
    await harness.proxy.close();
    await closed;
    expect(harness.events).toMatchObject([{ verdict: 'error', error: 'PROXY_CLOSED', chosen: PUBLIC }]);
  });
});

describe('a tunnel whose TLS is looked at', () => {
  let secure: Opened;
  const { key, cert } = selfSigned(['one.example.org']);
  beforeAll(async () => {
    secure = await listen(createTlsServer({ key, cert }, (socket) => socket.end('over TLS')));
  });
  afterAll(() => secure.close());

  const throughTls = async (harness: ProxyHarness, servername: string): Promise<string> => {
    const socket = await tunnel(harness);
    const tls = connectTls({ socket, servername, ca: cert, checkServerIdentity: () => undefined });
    tls.on('error', () => undefined);
    const answer = await readAll(tls);
    socket.destroy();
    return answer;
  };

  test('carries a ClientHello for the name of the tunnel', async () => {
    const harness = await open({ dial: dialTo(secure.port), sniPorts: [443] });
    expect(await throughTls(harness, 'one.example.org')).toBe('over TLS');
    await until(() => harness.events.length === 1);
    expect(harness.events[0]?.rule).toBe('net.allow');
  });

  test.each([
    ['in the packet of the CONNECT', 0],
    ['in pieces, the first with the CONNECT', 7],
    ['byte by byte', 1],
  ])('gives the target a ClientHello %s once, in order, and not before it is whole', async (_how, size) => {
    const received: Buffer[] = [];
    const target = await listen(
      createServer((socket) => void socket.on('data', (chunk) => received.push(chunk))),
    );
    const harness = await open({ dial: dialTo(target.port), sniPorts: [443] });
    const hello = await opensslHello('one.example.org');
    const request = 'CONNECT one.example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n';
    const first = size === 0 ? hello.length : size === 1 ? 0 : size;
    const socket = await harness.dial(request + hello.toString('latin1', 0, first));
    socket.setNoDelay(true);
    expect(await readUntil(socket, '\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
    for (let at = first; at < hello.length; at += size) {
      expect(received).toEqual([]);
      socket.write(hello.subarray(at, at + size));
      await new Promise(setImmediate);
    }
    socket.write('and more');
    await until(() => Buffer.concat(received).toString('latin1').endsWith('and more'));
    expect(Buffer.concat(received)).toEqual(Buffer.concat([hello, Buffer.from('and more')]));
    socket.destroy();
    await until(() => harness.events.length === 1);
    expect(harness.events).toMatchObject([{ rule: 'net.allow', bytesOut: hello.length + 8 }]);
    await target.close();
  });

  test.each([
    ['evil.example.org', 'net.tls.sni-mismatch'],
    ['', 'net.tls.sni-mismatch'],
  ])('an agent that fronts for %j is cut off before the target sees it', async (servername, rule) => {
    const dial = dialTo(secure.port);
    const harness = await open({ dial, sniPorts: [443] });
    expect(await throughTls(harness, servername)).toBe('');
    expect(harness.events).toMatchObject([{ verdict: 'deny', rule, bytesOut: 0 }]);
  });

  test('an agent that speaks something else on the port is cut off', async () => {
    const harness = await open({ dial: dialTo(echo.port), sniPorts: [443] });
    const socket = await tunnel(harness);
    socket.write('SSH-2.0-x\r\n');
    expect(await readAll(socket)).toBe('');
    expect(harness.events).toMatchObject([{ verdict: 'deny', rule: 'net.tls.missing', bytesOut: 0 }]);
  });
});
