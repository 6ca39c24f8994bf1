import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BROKER_CLIENT_ERRORS } from './index.js';

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

it('the README lists every error of the broker client, and whether it is worth another try', () => {
  const rows = [...readme.matchAll(/^\| `(BROKER_[A-Z_]+)`\s*\| (yes|no)\s*\|/gm)];
  expect(Object.fromEntries(rows.map(([, code, again]) => [code, again]))).toEqual(
    Object.fromEntries(
      Object.entries(BROKER_CLIENT_ERRORS).map(([code, { retryable }]) => [code, retryable ? 'yes' : 'no']),
    ),
  );
});

it('the README shows the example that is run', () => {
  const example = readFileSync(new URL('../../../examples/readme.mjs', import.meta.url), 'utf8').trim();
  expect(readme).toContain(example);
});
