import { request as httpRequest } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { EgressDeniedError, EgressUpstreamError } from '../errors.js';
import { selfSigned } from '../testing/certificate.js';
import { harness, listen, origin, PUBLIC, rejection, type Opened } from '../testing/harness.js';
import { proxyHarness, readAll, readUntil, until } from '../testing/proxy-harness.js';
import { createGuardedFetch } from './guarded-fetch.js';
import { NetworkSecurityPolicy } from '../policy.js';

const { key, cert } = selfSigned(['one.example.org']);
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});
async function opened<T extends Opened>(opening: Promise<T>): Promise<T> {
  const one = await opening;
  closers.push(one.close);
  return one;
}

/** A parent proxy that leads every CONNECT to one port, and keeps the heads that it got. */
async function parent(
  port: number,
  answer: (authority: string) => string = () => 'HTTP/1.1 200 OK\r\n\r\n',
): Promise<{ url: string; heads: string[] }> {
  const heads: string[] = [];
  const server: Server = createServer((socket: Socket) => {
    socket.once('data', (chunk: Buffer) => {
      const head = chunk.toString('latin1');
      heads.push(head);
      const reply = answer(/^CONNECT (\S+)/.exec(head)?.[1] ?? '');
      if (!reply.startsWith('HTTP/1.1 200')) {
        socket.end(reply);
        return;
      }
      const target = connect({ host: '127.0.0.1', port });
      target.on('error', () => socket.destroy());
      socket.on('error', () => target.destroy()).on('close', () => target.destroy());
      socket.write(reply);
      socket.pipe(target).pipe(socket);
    });
  });
  const { port: at } = await opened(listen(server));
  return { url: `http://127.0.0.1:${at}`, heads };
}

describe('a guarded fetch behind an upstream proxy', () => {
  test('asks it for the judged address, never for the name, and speaks TLS with the name', async () => {
    const server = createHttpsServer({ key, cert }, (request, response) =>
      response.end(request.headers.host),
    );
    const { port } = await opened(listen(server));
    const { url, heads } = await parent(port);
    const { fetch, events, lookups } = harness({ upstream: { url }, tls: { ca: cert } });
    expect(await (await fetch('https://one.example.org/x')).text()).toBe('one.example.org');
    expect(heads).toEqual([`CONNECT ${PUBLIC}:443 HTTP/1.1\r\nHost: ${PUBLIC}:443\r\n\r\n`]);
    expect(lookups).toEqual(['one.example.org']);
    await fetch.close();
    expect(events).toMatchObject([{ verdict: 'allow', chosen: PUBLIC, resolved: [PUBLIC] }]);
  });

  test('is not led inward by it: what is refused without it is refused with it, before it is asked', async () => {
    const canary = await opened(origin((_request, response) => response.end('inside')));
    const { url, heads } = await parent(canary.port);
    const { fetch } = harness({
      upstream: { url },
      dns: { 'inside.example.org': ['10.0.0.1'], 'mixed.example.org': [PUBLIC, '127.0.0.1'] },
    });
    for (const target of [
      'http://127.0.0.1/',
      'http://inside.example.org/',
      'http://mixed.example.org/',
      url,
    ]) {
      expect([target, await rejection(fetch(target))]).toEqual([target, expect.any(EgressDeniedError)]);
    }
    expect(heads).toEqual([]);
    await fetch.close();
  });

  test('sends its credentials to the proxy only, and names neither in an error', async () => {
    const seen: (string | undefined)[] = [];
    const web = await opened(
      origin((request, response) => {
        seen.push(request.headers['proxy-authorization']);
        response.end('ok');
      }),
    );
    let refuse = false;
    const { url, heads } = await parent(web.port, () =>
      refuse ? 'HTTP/1.1 407 no\r\nContent-Length: 0\r\n\r\n' : 'HTTP/1.1 200 OK\r\n\r\n',
    );
    const password = crypto.randomUUID();
    const { fetch, events } = harness({ upstream: { url, credentials: { username: 'fleet', password } } });
    expect(await (await fetch('http://one.example.org/')).text()).toBe('ok');
    expect(heads[0]).toContain(
      `Proxy-Authorization: Basic ${Buffer.from(`fleet:${password}`).toString('base64')}\r\n`,
    );
    expect(seen).toEqual([undefined]);
    refuse = true;
    const error = (await rejection(fetch('http://two.example.org/'))) as Error;
    expect(error.cause).toBeInstanceOf(EgressUpstreamError);
    expect(error.cause).toMatchObject({ code: 'EGRESS_UPSTREAM', status: 407 });
    expect(events.at(-1)).toMatchObject({
      verdict: 'error',
      error: 'EGRESS_UPSTREAM',
      host: 'two.example.org',
    });
    expect(JSON.stringify([events, String(error), String(error.cause)])).not.toContain(password);
    await fetch.close();
  });

  test('tries the next judged address when the proxy cannot reach one', async () => {
    const web = await opened(origin((_request, response) => response.end('ok')));
    const { url, heads } = await parent(web.port, (authority) =>
      authority.startsWith('93.184.215.15') ? 'HTTP/1.1 502 no\r\n\r\n' : 'HTTP/1.1 200 OK\r\n\r\n',
    );
    const { fetch, events } = harness({
      upstream: { url },
      dns: { 'two.example.org': ['93.184.215.15', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'] },
    });
    expect(await (await fetch('http://two.example.org/')).text()).toBe('ok');
    expect(heads.map((head) => head.split(' ')[1])).toEqual([
      '93.184.215.15:80',
      '[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:80',
    ]);
    await fetch.close();
    expect(events).toMatchObject([{ chosen: '2606:2800:21f:cb07:6820:80da:af6b:8b2c' }]);
  });

  test.each([
    ['garbage', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['a head without end', 'HTTP/1.1 503 ' + 'x'.repeat(40_000)],
    ['nothing', ''],
    ['an interim answer only', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ])('fails when the proxy gives %s', async (_what, reply) => {
    const { url } = await parent(1, () => reply);
    const { fetch } = harness({ upstream: { url } });
    expect(((await rejection(fetch('http://one.example.org/'))) as Error).cause).toMatchObject({
      code: 'EGRESS_UPSTREAM',
    });
    await fetch.close();
  });

  test('gives up on a proxy that does not answer, after connectMs', async () => {
    const silent = await opened(listen(createServer(() => undefined)));
    const { fetch } = harness({
      upstream: { url: `http://127.0.0.1:${silent.port}` },
      limits: { connectMs: 200 },
    });
    expect(await rejection(fetch('http://one.example.org/'))).toMatchObject({ limit: 'connectMs' });
    await fetch.close();
  });

  test('can reach its proxy over TLS', async () => {
    const web = await opened(origin((_request, response) => response.end('ok')));
    const named = selfSigned(['localhost']);
    const proxy = createHttpsServer(named);
    proxy.on('connect', (_request, socket: Socket) => {
      const target = connect({ host: '127.0.0.1', port: web.port });
      socket.on('error', () => target.destroy()).on('close', () => target.destroy());
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    const { port } = await opened(listen(proxy));
    const upstream = { url: `https://localhost:${port}` };
    for (const tls of [{ ca: named.cert }, { rejectUnauthorized: false }]) {
      const trusting = harness({ upstream: { ...upstream, tls } });
      expect(await (await trusting.fetch('http://one.example.org/')).text()).toBe('ok');
      await trusting.fetch.close();
      // The same proxy by another name than that of its certificate.
      const misled = harness({ upstream: { url: `https://127.0.0.1:${port}`, tls } });
      expect(await rejection(misled.fetch('http://one.example.org/'))).toMatchObject({
        cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
      });
      await misled.fetch.close();
    }
    const careful = harness({ upstream });
    expect(await rejection(careful.fetch('http://one.example.org/'))).toMatchObject({
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
    await careful.fetch.close();
  });
});

describe('an egress proxy behind an upstream proxy', () => {
  test('carries tunnels and forwarded requests through it, bytes that the target says first included', async () => {
    const target = createServer((socket) => {
      socket.write('hello');
      socket.on('error', () => undefined).on('data', (chunk) => socket.end(chunk));
    });
    const { port } = await opened(listen(target));
    const { url, heads } = await parent(port, () => 'HTTP/1.1 200 OK\r\n\r\n');
    const { proxy, dial, events } = await proxyHarness({ upstream: { url } });
    closers.push(() => proxy.close());
    const socket = await dial('CONNECT one.example.org:443 HTTP/1.1\r\nHost: one.example.org:443\r\n\r\n');
    expect(await readUntil(socket, 'hello')).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nhello$/s);
    socket.write('bye');
    expect(await readAll(socket)).toBe('bye');
    socket.destroy();
    expect(heads[0]).toContain(`CONNECT ${PUBLIC}:443 `);
    await until(() => events.length === 1);
    expect(events).toMatchObject([{ verdict: 'allow', chosen: PUBLIC, bytes: 8, bytesOut: 3 }]);
  });

  test('says 502 when it refuses, and asks it nothing that policy refuses', async () => {
    const { url, heads } = await parent(1, () => 'HTTP/1.1 403 no\r\n\r\n');
    const { proxy, port, ask } = await proxyHarness({ upstream: { url } });
    closers.push(() => proxy.close());
    const ofForward = await new Promise<number | undefined>((resolve, reject) => {
      httpRequest({ port, path: 'http://one.example.org/' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(ofForward).toBe(502);
    expect(await ask('CONNECT one.example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 502 .*EGRESS_UPSTREAM/s,
    );
    expect(heads).toHaveLength(2);
    expect(await ask('CONNECT 10.0.0.1:443 HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 /);
    expect(heads).toHaveLength(2);
  });
});

describe('the option', () => {
  const make =
    (upstream: unknown, more: object = {}) =>
    () =>
      createGuardedFetch(new NetworkSecurityPolicy(), { upstream: upstream as never, ...more });
  test.each([
    ['no URL', { url: 'proxy.example.org:3128' }, /upstream\.url/],
    ['another scheme', { url: 'socks5://proxy.example.org:1080' }, /upstream\.url/],
    ['credentials in the URL', { url: 'http://user:secret@proxy.example.org' }, /upstream\.url/],
    ['a path', { url: 'http://proxy.example.org/x' }, /upstream\.url/],
    [
      'half of the credentials',
      { url: 'http://proxy.example.org', credentials: { username: 'x' } },
      /credentials/,
    ],
    ['something unknown', { url: 'http://proxy.example.org', user: 'x' }, /upstream\.user/],
  ])('is refused with %s', (_what, upstream, message) => {
    expect(make(upstream)).toThrow(message);
  });

  test('excludes a dial of the caller', () => {
    expect(make({ url: 'http://proxy.example.org' }, { dial: () => undefined })).toThrow(/exclude/);
  });
});
