import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { AUDIT_KINDS, AUDIT_LOG_ERRORS } from './index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const rowsUnder = (heading: RegExp): string[][] => {
  const lines = readme.split('\n');
  const start = lines.findIndex((line) => heading.test(line));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) => line.split('|').map((cell) => cell.trim()));
};

test('the README lists every error code with its meaning, and no other', () => {
  const rows = rowsUnder(/^\| error code/).map(([, code = '', meaning]) => [
    code.replaceAll('`', ''),
    meaning,
  ]);
  expect(Object.fromEntries(rows)).toEqual(AUDIT_LOG_ERRORS);
});

test('the README lists every kind of event, and no other', () => {
  const kinds = rowsUnder(/^\| kind/).flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, kind]) => kind),
  );
  expect(kinds.sort()).toEqual([...AUDIT_KINDS].sort());
});

test('the example of the README is the one that is run after packing', () => {
  const example = readFileSync(new URL('../examples/readme.mjs', import.meta.url), 'utf8');
  expect(readme).toContain(example.trim());
});
