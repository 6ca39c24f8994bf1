import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EXIT_CODES } from './cli/exit-codes.js';
import { API_ERRORS } from './errors/api-error.js';
import { VARIABLE_NAMES } from './settings/variables.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const rows = readme.split('\n').filter((line) => line.startsWith('| '));
const named = (text: string): string[] =>
  [...text.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name]) => name ?? '');

test('the README lists every setting, and no other', () => {
  const table = rows.filter((row) => !/^\| \d/.test(row)).map((row) => row.split('|')[1] ?? '');
  expect(table.flatMap(named).sort()).toEqual([...VARIABLE_NAMES].sort());
});

test('the README lists every error code at its status, and no other', () => {
  const listed = rows.flatMap((row) => {
    const status = Number(/^\| ([1-5]\d\d) /.exec(row)?.[1]);
    return Number.isNaN(status) ? [] : named(row).map((code) => [code, status]);
  });
  expect(Object.fromEntries(listed)).toEqual(API_ERRORS);
});

test('the README lists every exit code, and no other', () => {
  const listed = rows.flatMap((row) => /^\| (\d\d?) /.exec(row)?.[1] ?? []).map(Number);
  expect(listed).toEqual(Object.values(EXIT_CODES).sort((a, b) => a - b));
});
