import type { LogLine } from '@clawforce/pool-core';
import { expect, test } from 'vitest';
import { LogRing } from './log-ring.js';

const line = (text: string): LogLine => ({ time: '2026-01-01T00:00:00.000Z', stream: 'stdout', text });

async function all(lines: AsyncIterable<LogLine>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of lines) texts.push(text);
  return texts;
}

test('keeps the latest lines within its bytes and forgets the oldest', async () => {
  const ring = new LogRing(10 * (64 + 4));
  for (let index = 1000; index < 5000; index += 1) ring.push(line(String(index)));
  expect(await all(ring.read())).toEqual(Array.from({ length: 10 }, (_, index) => String(4990 + index)));
});

test('a line larger than the ring is still kept, alone', async () => {
  const ring = new LogRing(100);
  ring.push(line('small'));
  ring.push(line('x'.repeat(1000)));
  expect(await all(ring.read())).toEqual(['x'.repeat(1000)]);
});

test('a reader that fell behind is told how many lines it lost', async () => {
  const ring = new LogRing(3 * (64 + 1));
  ring.push(line('a'));
  const reader = ring.read({ follow: true });
  expect((await reader.next()).value?.text).toBe('a');
  for (const text of 'bcdefg') ring.push(line(text));
  ring.end();
  expect(await all(reader)).toEqual(['[3 lines dropped: the reader is too slow]', 'e', 'f', 'g']);
});

test('a following reader wakes for each line and ends when the signal aborts, without leaving a listener', async () => {
  const ring = new LogRing(10_000);
  const controller = new AbortController();
  const reader = ring.read({ follow: true, signal: controller.signal });
  const first = reader.next();
  ring.push(line('late'));
  expect((await first).value?.text).toBe('late');
  const second = reader.next();
  controller.abort();
  expect((await second).done).toBe(true);
});
