import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PoolError, POOL_ERROR_CODES } from './pool-error.js';

test('an error of another installed copy of this package is recognised', () => {
  const foreign = Object.defineProperty(new Error('x'), Symbol.for('@clawforce/pool-core/PoolError'), {
    value: true,
  });
  expect(foreign).toBeInstanceOf(PoolError);
  expect(new Error('x')).not.toBeInstanceOf(PoolError);
  expect(null).not.toBeInstanceOf(PoolError);
});

test('cause, key and fix are there only when given', () => {
  const cause = new Error('why');
  expect(new PoolError('START_FAILED', 'x', { cause, key: 'k', fix: 'f' })).toMatchObject({
    cause,
    key: 'k',
    fix: 'f',
  });
  expect(Object.keys(new PoolError('CLOSED', 'x'))).not.toContain('fix');
});

test('the table in the README has exactly the codes of the union', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const section = readme.split('## Error codes')[1]?.split('\n## ')[0] ?? '';
  const rows = [...section.matchAll(/^\| `([A-Z_]+)` *\| (.*?) *\|$/gm)].map(([, code, text]) => [
    code,
    text,
  ]);
  expect(Object.fromEntries(rows)).toEqual(POOL_ERROR_CODES);
});
