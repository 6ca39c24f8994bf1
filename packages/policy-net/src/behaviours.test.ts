import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const source = new URL('.', import.meta.url);
const root = new URL('../../../', source);
const rows = readFileSync(new URL('../docs/behaviours.md', source), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|') && line.includes('`'))
  .map((line) => ({ number: Number(/^\| *(\d+) *\|/.exec(line)?.[1] ?? 0), line }));

/** Gives the source of a test file that the table names without its ending. */
function testFile(name: string): string {
  const base = /^(?:apps|packages|tools|e2e)\//.test(name) ? root : source;
  const found = ['.test.ts', '.integration.test.ts', '.test.tsx']
    .map((ending) => new URL(name + ending, base))
    .find((url) => existsSync(url));
  if (found === undefined) throw new Error(`there is no test file ${name}`);
  return readFileSync(found, 'utf8');
}

describe('the table of behaviours', () => {
  test('has every scenario once', () => {
    const numbers = rows.map(({ number }) => number).filter((number) => number > 0);
    expect(numbers).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  test.each(rows.map(({ line }) => [line.split('|')[2]?.trim().slice(0, 60) ?? '', line]))(
    'names tests that are there: %s',
    (_what, line) => {
      const named = [...line.matchAll(/`([\w/.-]+)` "((?:[^"])+)"/g)];
      expect(named.length).toBeGreaterThan(0);
      for (const [, file = '', title = ''] of named) {
        const text = testFile(file);
        const quoted = ["'", '"', '`'].map((quote) => `${quote}${title}${quote}`);
        expect([file, title, quoted.some((one) => text.includes(one))]).toEqual([file, title, true]);
      }
    },
  );
});
