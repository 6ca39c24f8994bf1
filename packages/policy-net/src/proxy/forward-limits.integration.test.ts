import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { dialTo, listen, type Opened } from '../testing/harness.js';
import { proxyHarness, until, readSlowly, watchMemory, type ProxyHarness } from '../testing/proxy-harness.js';

let opened: Opened[] = [];
let running: ProxyHarness[] = [];

/** A target that answers each connection as given, and a proxy before it. */
async function before(
  answer: (socket: Socket) => void,
  limits: Parameters<typeof proxyHarness>[0] = {},
): Promise<ProxyHarness> {
  const target = await listen(
    createServer((socket) => {
      socket.once('data', () => answer(socket));
    }),
  );
  opened.push(target);
  const harness = await proxyHarness({ dial: dialTo(target.port), ...limits });
  running.push(harness);
  return harness;
}

afterEach(async () => {
  for (const { proxy } of running) await proxy.close();
  for (const { close } of opened) await close();
  [opened, running] = [[], []];
});

const get = 'GET http://one.example.org/ HTTP/1.1\r\nHost: one.example.org\r\nConnection: close\r\n\r\n';

describe('a forwarded request', () => {
  test.each([
    [
      'trickles its head',
      (socket: Socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket.write('x'), 20);
        socket.on('close', () => clearInterval(timer));
      },
      'headersMs',
      504,
    ],
    [
      'sends interim responses without end',
      (socket: Socket) => void socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50)),
      'maxInterim',
      502,
    ],
  ])('to a target that %s is ended by a limit', async (_what, answer, limit, status) => {
    const { ask, events } = await before(answer, { limits: { headersMs: 150 } });
    expect(await ask(get)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*x-clawforce-rule: ${limit}\r\n`));
    expect(events).toMatchObject([{ verdict: 'limit', error: limit }]);
  });

  test.each([
    [
      'takes an upgrade that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nevil',
    ],
    [
      'hides a coding in the framing',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n',
    ],
  ])('to a target that %s fails at once', async (_what, answer) => {
    const { ask, events } = await before((socket) => void socket.write(answer));
    const text = await ask(get);
    expect(text).toMatch(/^HTTP\/1\.1 502 [^]*x-clawforce-rule: EPROTO\r\n/);
    expect(text).not.toContain('evil');
    expect(events).toMatchObject([{ verdict: 'error', error: 'EPROTO' }]);
  });

  test('whose client reads slowly stops the target: memory stays bounded', async () => {
    let written = 0;
    const chunk = Buffer.alloc(64 * 1024, 97);
    const { dial, events } = await before((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${2 ** 30}\r\n\r\n`);
      const pump = (): void => {
        while (written < 2 ** 30 && !socket.destroyed) {
          written += chunk.length;
          if (socket.write(chunk)) continue;
          socket.once('drain', pump);
          return;
        }
      };
      pump();
    });
    const memory = watchMemory();
    const socket = await dial(get);
    await once(socket, 'data');
    await readSlowly(socket, () => written);
    // What the kernel's buffers on both loopback legs hold, what was read, and no more.
    expect(written).toBeLessThan(64 * 2 ** 20);
    socket.destroy();
    expect(memory()).toBeLessThan(64 * 2 ** 20);
    await until(() => events.length === 1);
  });

  test('whose response head is too long fails', async () => {
    const { ask, events } = await before(
      (socket) => void socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(50_000)}\r\n\r\n`),
    );
    expect(await ask(get)).toMatch(/^HTTP\/1\.1 502 [^]*x-clawforce-rule: maxHeaderBytes\r\n/);
    expect(events).toMatchObject([{ verdict: 'limit', error: 'maxHeaderBytes' }]);
  });

  test('whose response stops halfway is not shown as complete', async () => {
    const { ask, events } = await before((socket) => {
      socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
    });
    const answer = await ask(get);
    expect(answer).toContain('half');
    expect(answer).not.toContain('\r\n0\r\n\r\n');
    await until(() => events.length === 1);
    expect(events).toMatchObject([{ verdict: 'error', status: 200 }]);
  });

  test('that goes silent in its body is ended', async () => {
    const { ask, events } = await before(
      (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
      { limits: { idleMs: 120 } },
    );
    expect(await ask(get)).toContain('half');
    expect(events).toMatchObject([{ verdict: 'limit', error: 'idleMs' }]);
  });

  test('whose client leaves is stopped at the target too', async () => {
    let left = false;
    const { dial, events } = await before((socket) => {
      socket.on('close', () => (left = true));
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    });
    const socket = await dial(get);
    socket.once('data', () => socket.destroy());
    await until(() => left);
    expect(events).toMatchObject([{ verdict: 'error' }]);
  });
});

describe('hostile bytes', () => {
  test('from 600 clients end in an answer or a closed connection, one event at most, and never at a target', async () => {
    const hits: string[] = [];
    const { ask, events } = await before(
      (socket) => {
        hits.push('hit');
        socket.destroy();
      },
      { limits: { headersMs: 300 } },
    );
    const pieces = [
      'CONNECT ',
      'GET ',
      'http://',
      '127.0.0.1',
      ':',
      '443',
      '@',
      '\r\n',
      '\0',
      ' HTTP/1.1',
      '[::1]',
    ];
    const more = [
      'Host: x',
      'Transfer-Encoding: chunked',
      'Content-Length: -1',
      '\xff',
      '%',
      '\\',
      '/',
      '0x7f.1',
      '\n',
    ];
    const all = [...pieces, ...more];
    let state = 42;
    const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31);
    const odd: string[] = [];
    for (let batch = 0; batch < 6; batch += 1) {
      const texts = Array.from({ length: 100 }, () =>
        Array.from({ length: 1 + (next() % 9) }, () => all[(next() >> 8) % all.length] ?? '').join(''),
      );
      const seen = events.length;
      const answers = await Promise.all(texts.map((text) => ask(`${text}\r\n\r\n`)));
      odd.push(...answers.filter((answer) => answer !== '' && !/^HTTP\/1\.1 4\d\d /.test(answer)));
      expect(events.length - seen).toBeLessThanOrEqual(100);
    }
    expect(odd).toEqual([]);
    expect(hits).toEqual([]);
    expect(events.length).toBeGreaterThan(300);
  }, 20_000);
});
