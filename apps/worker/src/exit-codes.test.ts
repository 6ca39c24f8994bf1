import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EXIT_CODES } from './exit-codes.js';

it('the README lists every exit code, and no other', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const listed = [...readme.matchAll(/^\| (\d+)\s*\|/gm)].map(([, code]) => Number(code));
  expect(listed).toEqual([...new Set(Object.values(EXIT_CODES))].sort((a, b) => a - b));
});
