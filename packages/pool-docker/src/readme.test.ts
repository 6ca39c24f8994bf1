import { readdirSync, readFileSync } from 'node:fs';
import { POOL_ERROR_CODES } from '@clawforce/pool-core';
import { expect, test } from 'vitest';

const here = new URL('.', import.meta.url);
const readme = readFileSync(new URL('../README.md', here), 'utf8');
const section = (title: string): string => readme.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
const rows = (text: string): string[] => [...text.matchAll(/^\| `(\w+)/gm)].map(([, name]) => name ?? '');

test('the table of error codes names exactly those that the code throws', () => {
  const source = readdirSync(here)
    .filter((name) => name.endsWith('.ts') && !name.includes('.test.'))
    .map((name) => readFileSync(new URL(name, here), 'utf8'))
    .join('\n');
  const thrown = [...source.matchAll(/new PoolError\(\s*'([A-Z_]+)'/g)].map(([, code]) => code);
  expect(rows(section('Error codes')).sort()).toEqual([...new Set(thrown)].sort());
  for (const code of thrown) expect(Object.keys(POOL_ERROR_CODES)).toContain(code);
});

test('the table of options names exactly the options', () => {
  const source = readFileSync(new URL('options.ts', here), 'utf8');
  const body = source.split('export interface DockerPoolOptions {')[1]?.split('\n}')[0] ?? '';
  const options = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name ?? '');
  const [table = ''] = section('API').split('| method');
  expect(rows(table)).toEqual(options);
});
