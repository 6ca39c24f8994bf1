import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dialTo, listen, type Opened } from '../testing/harness.js';
import { proxyHarness, until, type ProxyHarness } from '../testing/proxy-harness.js';

const CLIENTS = 10_000;
const AT_A_TIME = 250;

let canary: Opened;
let admitted: Opened;
let harness: ProxyHarness;
let hits = 0;
let state = 42;
/** Numbers that are the same in every run. */
const next = (below: number): number => {
  state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
  return (state >> 8) % below;
};
const one = <T>(list: readonly T[]): T => list[next(list.length)] as T;

beforeAll(async () => {
  canary = await listen(
    createServer((socket) => {
      hits += 1;
      socket.destroy();
    }),
  );
  // The one target that is admitted behaves badly in its own ways.
  admitted = await listen(
    createServer((socket) => {
      const way = next(5);
      if (way === 0) socket.destroy();
      else if (way === 1) socket.resetAndDestroy();
      else if (way === 2) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel');
      else if (way === 3) socket.end(Buffer.from(Array.from({ length: 300 }, () => next(256))));
      else socket.pipe(socket);
    }),
  );
  harness = await proxyHarness({
    policy: { allowlist: ['ok.example.org'] },
    dial: dialTo(({ host }) => (host === 'ok.example.org' ? admitted.port : canary.port)),
    limits: {
      headersMs: 400,
      idleMs: 400,
      halfOpenMs: 200,
      connectMs: 1_000,
      maxTunnels: Infinity,
      maxRequests: Infinity,
    },
    sniPorts: [8443],
  });
});
afterAll(async () => {
  await harness.proxy.close();
  await Promise.all([canary.close(), admitted.close()]);
});

const hosts = [
  ...['ok.example.org', '127.0.0.1', '[::1]', '0x7f.1', '2130706433', 'localhost', '[::ffff:127.0.0.1]'],
  ...[
    'ok.example.org@127.0.0.1',
    '127.0.0.1#ok.example.org',
    'ok.example.org\0.evil',
    'ok.example.org.',
    '①②⑦.0.0.1',
    '',
  ],
];
const ports = ['443', '80', '8443', '22', '0', '65536', '-1', '443:80', '', '٤٤٣'];
const junk = [
  ...[
    'Transfer-Encoding: chunked',
    'Content-Length: 5',
    'Content-Length: -1',
    'Host: 127.0.0.1',
    'Connection: upgrade',
  ],
  ...[
    'Upgrade: websocket',
    'Proxy-Authorization: Basic !!!',
    'Via: 1.1 me',
    'X: \xff\xfe',
    ': x',
    ' folded',
    'Expect: 100-continue',
  ],
];

function head(): string {
  // One in five is right: what comes behind it is what is hostile, on either side.
  if (next(5) === 0) {
    return one([
      'CONNECT ok.example.org:443 HTTP/1.1\r\nHost: ok.example.org:443\r\n\r\n',
      'CONNECT ok.example.org:8443 HTTP/1.1\r\nHost: ok.example.org:8443\r\n\r\n',
      'GET http://ok.example.org/ HTTP/1.1\r\nHost: ok.example.org\r\n\r\n',
      'POST http://ok.example.org/ HTTP/1.1\r\nHost: ok.example.org\r\nTransfer-Encoding: chunked\r\n\r\n',
    ]);
  }
  const authority = `${one(hosts)}:${one(ports)}`;
  const target = next(3) === 0 ? `http://${authority}/${one(['', '%00', '..', '?q', '\\'])}` : authority;
  const method = one([
    'CONNECT',
    'CONNECT',
    'GET',
    'POST',
    'OPTIONS',
    'TRACE',
    'connect',
    'PRI',
    '\x16\x03\x01',
  ]);
  const lines = Array.from({ length: next(4) }, () => one(junk));
  return [`${method} ${target} HTTP/${one(['1.1', '1.0', '2.0', '1.1 ', '9'])}`, ...lines, '', ''].join(
    one(['\r\n', '\r\n', '\r\n', '\n', '\r']),
  );
}

/** One client: sends, perhaps in pieces, perhaps leaves in the middle. Resolves when its socket is closed. */
async function client(): Promise<string> {
  const socket: Socket = connect({ host: '127.0.0.1', port: harness.port, allowHalfOpen: next(2) === 0 });
  let received = '';
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  const closed = once(socket, 'close');
  socket.once('end', () => socket.end());
  const bytes = Buffer.from(
    head() + one(['', '', 'GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\x00\x05\x01', '\0'.repeat(20_000)]),
    'latin1',
  );
  const cut = next(3) === 0 ? next(bytes.length + 1) : bytes.length;
  socket.write(bytes.subarray(0, cut));
  const way = next(6);
  if (way === 0) socket.destroySoon();
  else if (way === 1) socket.resetAndDestroy();
  else if (way === 2) setImmediate(() => socket.destroy());
  else if (way === 3) socket.end(bytes.subarray(cut));
  else socket.write(bytes.subarray(cut));
  const giveUp = setTimeout(() => socket.destroy(), 5_000);
  await closed;
  clearTimeout(giveUp);
  return received;
}

test('ten thousand hostile clients reach nothing that is refused, leave nothing open and end no process', async () => {
  const odd: string[] = [];
  for (let done = 0; done < CLIENTS; done += AT_A_TIME) {
    const answers = await Promise.all(Array.from({ length: AT_A_TIME }, client));
    odd.push(...answers.filter((answer) => answer !== '' && !/^HTTP\/1\.1 [1-5]\d\d /.test(answer)));
  }
  expect(odd).toEqual([]);
  expect(hits).toBe(0);
  // Whatever was looked up was the admitted name.
  expect(new Set(harness.lookups)).toEqual(new Set(['ok.example.org']));
  const allowed = harness.events.filter(({ chosen }) => chosen !== null);
  expect(allowed.length).toBeGreaterThan(100);
  expect(new Set(allowed.map(({ host }) => host))).toEqual(new Set(['ok.example.org']));
  expect(harness.events.length).toBeGreaterThan(CLIENTS / 4);
  // Every request that began has ended: the proxy still serves, and nothing is left of the others.
  const seen = harness.events.length;
  expect(await harness.ask('CONNECT 10.0.0.1:443 HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 /);
  await until(() => harness.events.length > seen, 10_000);
}, 240_000);
