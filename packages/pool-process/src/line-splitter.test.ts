import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter, MAX_LINE_BYTES } from './line-splitter.js';

function split(...chunks: Buffer[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((text) => lines.push(text));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

test('lines come out the same whatever the chunk borders are, inside characters too', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ' '))),
      fc.array(fc.integer({ min: 0, max: 400 })),
      (lines, cuts) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const borders = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = borders.slice(1).map((end, index) => bytes.subarray(borders[index], end));
        expect(split(...chunks)).toEqual(lines);
      },
    ),
  );
});

test('CRLF ends a line like LF, and the last line needs no end', () => {
  expect(split(Buffer.from('one\r\ntwo\nthree'))).toEqual(['one', 'two', 'three']);
});

test('a worker wants memory with an endless line: it is given in pieces of at most 64 KiB, no character torn', () => {
  const text = 'ä€😀x'.repeat(30_000);
  const pieces = split(Buffer.from(text), Buffer.from('\n'));
  expect(pieces.join('')).toBe(text);
  expect(pieces.length).toBeGreaterThan(4);
  for (const piece of pieces) expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(MAX_LINE_BYTES);
});

test('bytes that are not UTF-8 do not stop the pieces', () => {
  const pieces = split(Buffer.alloc(200_000, 0x80));
  expect(pieces.length).toBe(4);
});
