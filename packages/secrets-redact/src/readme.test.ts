import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PLACEHOLDER_ERRORS } from './index.js';

test('the README lists every error code with its meaning, and no other', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const rows = [...readme.matchAll(/^\| `([a-z_]+)` +\| ([A-Z].*?\.) +\|$/gm)].map(([, code, meaning]) => [
    code,
    meaning,
  ]);
  expect(Object.fromEntries(rows)).toEqual(PLACEHOLDER_ERRORS);
});

test('the example of the README is the one that is run after packing', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = readFileSync(new URL('../examples/readme.mjs', import.meta.url), 'utf8');
  expect(readme).toContain(example.trim());
});
