import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dialTo, harness, listen, type Opened } from '../testing/harness.js';

/** A generator of its own (mulberry32), so that a failure can be run again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const next = random(20_261_124);
const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
const heads = [
  'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
  'HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n',
  'HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.0 200 OK\r\n\r\nuntil close',
  `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n${gzipSync('hello').toString('latin1')}`,
  `HTTP/1.1 200 OK\r\ncontent-encoding: br\r\nconnection: close\r\n\r\nnot brotli at all`,
];

let server: Opened;
beforeAll(async () => {
  server = await listen(
    createServer((socket) => {
      socket.on('data', () => {
        const bytes = Buffer.from(pick(heads), 'latin1');
        for (let i = Math.floor(next() * 3); i > 0; i -= 1)
          bytes[Math.floor(next() * bytes.length)] = next() * 256;
        const cut = next() < 0.3 ? Math.floor(next() * bytes.length) : bytes.length;
        socket.write(bytes.subarray(0, cut));
        const fate = next();
        if (fate < 0.25) socket.resetAndDestroy();
        else if (fate < 0.6) socket.end();
      });
    }),
  );
});
afterAll(() => server.close());

test('2 000 hostile answers end in a result or an error, one event per hop, and nothing uncaught', async () => {
  const uncaught: unknown[] = [];
  const record = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', record).on('unhandledRejection', record);
  const { fetch, events } = harness({
    dial: dialTo(server.port),
    limits: { headersMs: 250, idleMs: 250, totalMs: 1_000, connectMs: 2_000 },
  });
  let settled = 0;
  const one = async (): Promise<void> => {
    for (let i = 0; i < 100; i += 1) {
      try {
        const response = await fetch('http://hostile.example.com/');
        if (next() < 0.2) await response.body?.cancel();
        else await response.arrayBuffer();
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
      settled += 1;
    }
  };
  await Promise.all(Array.from({ length: 20 }, one));
  await new Promise((resolve) => setTimeout(resolve, 100));
  process.off('uncaughtException', record).off('unhandledRejection', record);
  expect(uncaught).toEqual([]);
  expect(settled).toBe(2_000);
  expect(events.filter(({ hop }) => hop === 0)).toHaveLength(2_000);
  expect(new Set(events.map(({ verdict }) => verdict))).toEqual(new Set(['allow', 'deny', 'limit', 'error']));
  await fetch.close();
}, 60_000);
