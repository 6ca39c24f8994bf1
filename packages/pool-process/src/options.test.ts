import { PoolError } from '@clawforce/pool-core';
import { expect, test } from 'vitest';
import { ProcessPool } from './process-pool.js';

const good = { command: ['node'], ownerId: 'me' };

test.each([
  ['command', { ...good, command: [] }],
  ['command', { ...good, command: ['a\0b'] }],
  ['command', { ...good, command: 'node main.js' as unknown as string[] }],
  ['ownerId', { ...good, ownerId: '../x' }],
  ['stateDir', { ...good, stateDir: 'relative' }],
  ['env', { ...good, env: 'prod' as 'production' }],
  ['logBytes', { ...good, logBytes: 1 }],
  ['watchIntervalMs', { ...good, watchIntervalMs: 0 }],
  ['openLog', { ...good, openLog: 'x' as never }],
])('a bad %s is a TypeError that names it', (name, options) => {
  expect(() => new ProcessPool(options)).toThrow(TypeError);
  expect(() => new ProcessPool(options)).toThrow(new RegExp(`^${name}: `));
});

test('production is refused with BACKEND_UNAVAILABLE and the fix', () => {
  const refuse = (): ProcessPool => new ProcessPool({ ...good, env: 'production' });
  expect(refuse).toThrow(PoolError);
  expect(refuse).toThrow(expect.objectContaining({ code: 'BACKEND_UNAVAILABLE', key: 'CLAWFORCE_ENV' }));
});
