import { createServer } from 'node:http';
import { ProxyAgent, request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { NetworkSecurityPolicy } from '../policy.js';
import { dialTo, listen, PUBLIC, type Opened } from '../testing/harness.js';
import { proxyHarness, readAll, readUntil, until, type ProxyHarness } from '../testing/proxy-harness.js';
import { credentialDigest, identifyByCredentials } from './agent-credentials.js';

let web: Opened;
let seen: { host: string | undefined; url: string | undefined; via: boolean }[] = [];
let harness: ProxyHarness;

beforeAll(async () => {
  web = await listen(
    createServer((incoming, response) => {
      const { host, via, 'proxy-authorization': secret } = incoming.headers;
      seen.push({ host, url: incoming.url, via: via !== undefined });
      let size = 0;
      incoming
        .on('data', (chunk: Buffer) => (size += chunk.length))
        .on('end', () => response.end(`the site, ${size} bytes${secret === undefined ? '' : ', a secret'}`));
    }),
  );
});
afterAll(() => web.close());
afterEach(async () => {
  await harness.proxy.close();
  seen = [];
});

const open = async (options: Parameters<typeof proxyHarness>[0] = {}): Promise<void> => {
  harness = await proxyHarness({
    dial: dialTo(web.port),
    sniPorts: [80, 443, 8080, 8443],
    policy: { allowlist: ['one.example.org'] },
    ...options,
  });
};
const CONNECT = 'CONNECT one.example.org:80 HTTP/1.1\r\nHost: one.example.org:80\r\n\r\n';
/** What comes back through a tunnel, after the answer to CONNECT, until the proxy closes it. */
async function inTunnel(...texts: string[]): Promise<string> {
  const socket = await harness.dial(CONNECT);
  expect(await readUntil(socket, '\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  const answer = readAll(socket);
  for (const text of texts) {
    socket.write(text);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return answer;
}
const get = (path: string, host: string, end = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${end}\r\n`;
const last = 'Connection: close\r\n';

describe('plain HTTP in a tunnel to a port that is watched', () => {
  test('goes through as undici sends it, kept alive, with the token of the agent', async () => {
    const token = 't'.repeat(20);
    await open({ identify: identifyByCredentials({ a1: credentialDigest(token) }) });
    const dispatcher = new ProxyAgent({
      uri: `http://127.0.0.1:${harness.port}`,
      // One, or undici may take another while the first is not done.
      connections: 1,
      token: `Basic ${Buffer.from(`a1:${token}`).toString('base64')}`,
    });
    for (const path of ['/first?q=secret', '/second']) {
      const { statusCode, body } = await request(`http://one.example.org${path}`, { dispatcher });
      expect([statusCode, await body.text()]).toEqual([200, 'the site, 0 bytes']);
    }
    const sent = await request('http://one.example.org/third', {
      ...{ dispatcher, method: 'POST', body: 'x'.repeat(100_000) },
    });
    expect(await sent.body.text()).toBe('the site, 100000 bytes');
    await dispatcher.close();
    expect(seen.map(({ host, url, via }) => [host, url, via])).toEqual([
      ['one.example.org', '/first?q=secret', true],
      ['one.example.org', '/second', true],
      ['one.example.org', '/third', true],
    ]);
    await until(() => harness.events.length === 4);
    expect(
      harness.events.map(({ agent, method, url, verdict, chosen }) => [agent, method, url, verdict, chosen]),
    ).toEqual([
      ['a1', 'CONNECT', 'one.example.org:80', 'allow', PUBLIC],
      ['a1', 'GET', 'http://one.example.org:80/first?…', 'allow', PUBLIC],
      ['a1', 'GET', 'http://one.example.org:80/second', 'allow', PUBLIC],
      ['a1', 'POST', 'http://one.example.org:80/third', 'allow', PUBLIC],
    ]);
  });

  test('reaches the host of the tunnel whatever site its requests name', async () => {
    await open();
    const answer = await inTunnel(
      get('/a', 'evil.example.org'),
      get('//evil.example.org/b', 'one.example.org'),
      get('/c', 'one.example.org', last),
    );
    expect(answer.match(/the site/g)).toHaveLength(3);
    expect(seen.map(({ host, url }) => [host, url])).toEqual([
      ['one.example.org', '/a'],
      ['one.example.org', '//evil.example.org/b'],
      ['one.example.org', '/c'],
    ]);
    expect(new Set(harness.lookups)).toEqual(new Set(['one.example.org']));
  });

  test.each([
    ['an absolute URL', get('http://evil.example.org/', 'evil.example.org'), 400, 'net.proxy.malformed'],
    [
      'a tunnel',
      'CONNECT evil.example.org:443 HTTP/1.1\r\nHost: evil.example.org\r\n\r\n',
      400,
      'net.proxy.malformed',
    ],
    [
      'two hosts',
      `GET / HTTP/1.1\r\nHost: one.example.org\r\nHost: evil.example.org\r\n${last}\r\n`,
      400,
      'net.proxy.malformed',
    ],
    [
      'a WebSocket',
      get('/', 'one.example.org', 'Connection: upgrade\r\nUpgrade: websocket\r\n'),
      403,
      'net.proxy.upgrade',
    ],
  ])('refuses %s after a request that was served', async (_what, text, status, rule) => {
    await open();
    const answer = await inTunnel(get('/', 'one.example.org'), text);
    expect(answer).toMatch(new RegExp(`the site[^]*HTTP/1\\.1 ${status} [^]*x-clawforce-rule: ${rule}\r\n`));
    expect(seen.map(({ url }) => url)).toEqual(['/']);
    await until(() => harness.events.length === 3);
    expect(harness.events.at(-1)).toMatchObject({ agent: 'a1', verdict: 'deny', rule, chosen: null });
  });

  test('is known when it comes in pieces, or together with CONNECT', async () => {
    await open();
    expect(
      await inTunnel('G', 'ET', ' ', '/', ` HTTP/1.1\r\nHost: one.example.org\r\n${last}\r\n`),
    ).toContain('the site');
    expect(await harness.ask(`${CONNECT}${get('/', 'one.example.org', last)}`)).toContain('the site');
    expect(seen).toHaveLength(2);
  });

  test('is refused from the next request on when the policy no longer admits it, and counts as requests do', async () => {
    await open({ limits: { maxRequests: 4 } });
    const socket = await harness.dial(CONNECT);
    await readUntil(socket, '\r\n\r\n');
    const again = async (): Promise<string> => {
      socket.write(get('/', 'one.example.org'));
      return readUntil(socket, '\r\n\r\n');
    };
    expect(await again()).toMatch(/^HTTP\/1\.1 200 /);
    harness.policies.set('a1', new NetworkSecurityPolicy({ allowlist: [] }));
    harness.proxy.update('a1');
    expect(await again()).toMatch(/^HTTP\/1\.1 403 [^]*net\.allowlist\.not-listed/);
    socket.destroy();
    harness.policies.set('a1', new NetworkSecurityPolicy({ allowlist: ['one.example.org'] }));
    expect(await inTunnel(get('/', 'one.example.org'))).toMatch(/^HTTP\/1\.1 429 [^]*too-many-requests/);
  });

  test('is no way around for anything else', async () => {
    await open();
    for (const text of [
      'SSH-2.0-x\r\n',
      'GET\t/ HTTP/1.1\r\n',
      ' GET / HTTP/1.1\r\n',
      'get / HTTP/1.1\r\n',
    ]) {
      expect([text, await inTunnel(text)]).toEqual([text, '']);
    }
    expect(new Set(harness.events.map(({ rule }) => rule))).toEqual(new Set(['net.tls.missing']));
    expect(seen).toEqual([]);
  });
});
