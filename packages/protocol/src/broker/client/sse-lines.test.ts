import { expect, it } from 'vitest';
import { timeGrowth } from '../../../../../tools/testing/time-growth.js';
import { sseData } from './sse-lines.js';

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function read(text: string, size: number): Promise<string[]> {
  const events: string[] = [];
  for await (const data of sseData(pieces(text, size))) events.push(data);
  return events;
}

const stream =
  ': a comment\ndata: one\n\ndata:two\r\ndata: more\r\n\r\ndata: dr\u00e9i\r\rdata\n\nevent: x\ndata: \u{1f980}\n\ndata: cut';

it.each([1, 2, 3, 5, 1_000])('reads the same events in pieces of %i bytes', async (size) => {
  expect(await read(stream, size)).toEqual(['one', 'two\nmore', 'dr\u00e9i', '', '\u{1f980}']);
});

it('gives an event that CR CR has ended when the next piece is no line end', async () => {
  const events = sseData(pieces('data: one\r\rx', 11));
  expect(await events.next()).toEqual({ value: 'one', done: false });
});

it('reads a line that comes byte by byte in time that grows with its length', async () => {
  const growth = await timeGrowth(20_000, async (length) => {
    const text = 'x'.repeat(length);
    expect(await read(`data: ${text}\n\n`, 1)).toEqual([text]);
  });
  expect(growth).toBeLessThan(27);
});

it('does not read a line without end', async () => {
  await expect(read('x'.repeat(1024 * 1024 + 1), 65_536)).rejects.toMatchObject({ code: 'BROKER_TOO_LARGE' });
});
