import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BROKER_ERRORS, BrokerError, toBrokerError } from './broker-error.js';

test('the README lists every code of the broker with its status and type, and no other', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const section = readme.split('\n## Models and the web\n')[1]?.split('\n## ')[0] ?? '';
  const listed = section
    .replace(/\n {2}/g, ' ')
    .split('\n')
    .flatMap((line) => {
      const [, status, type] = /^- (\d{3}) (\w+): /.exec(line) ?? [];
      return status === undefined
        ? []
        : [...line.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => [code, { status: Number(status), type }]);
    });
  expect(Object.fromEntries(listed)).toEqual(BROKER_ERRORS);
});

test('an error of the broker stays itself, and shows neither cause nor stack', () => {
  const error = new BrokerError('UPSTREAM_REFUSED', 'No.', { cause: new Error('inner') });
  expect(toBrokerError(error)).toBe(error);
  expect(error.toBody()).toEqual({ error: { message: 'No.', type: 'upstream', code: 'UPSTREAM_REFUSED' } });
});
