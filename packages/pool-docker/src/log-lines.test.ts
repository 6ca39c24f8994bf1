import { expect, test } from 'vitest';
import { LogLines } from './log-lines.js';

const frame = (stream: 1 | 2, text: string): Buffer => {
  const body = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
};

const T1 = '2026-11-27T11:13:13.187704455Z';

test('lines are whole whatever the borders of chunks and frames', () => {
  const bytes = Buffer.concat([
    frame(1, `${T1} first\n${T1} sec`),
    frame(2, `${T1} oops\r\n`),
    frame(1, 'ond ü\n'),
    frame(1, `${T1} rest`),
  ]);
  for (const size of [1, 3, 7, 1000]) {
    const lines = new LogLines();
    const found = [];
    for (let at = 0; at < bytes.length; at += size) found.push(...lines.push(bytes.subarray(at, at + size)));
    found.push(...lines.end());
    expect(found.map(({ stream, text }) => `${stream} ${text}`)).toEqual([
      'stdout first',
      'stderr oops',
      'stdout second ü',
      'stdout rest',
    ]);
    expect(found[0]?.time).toBe('2026-11-27T11:13:13.187Z');
  }
});

test('a line without end does not grow for ever, and one without time is kept', () => {
  const lines = new LogLines();
  const found = [];
  for (let piece = 0; piece < 100; piece += 1) found.push(...lines.push(frame(1, 'x'.repeat(4096))));
  expect(found.length).toBeGreaterThan(3);
  expect(Math.max(...found.map(({ text }) => text.length))).toBeLessThan(80_000);
  expect(Number.isNaN(Date.parse(found[0]?.time ?? ''))).toBe(false);
});
