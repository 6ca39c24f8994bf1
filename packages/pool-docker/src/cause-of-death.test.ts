import { describe, expect, test } from 'vitest';
import { causeOfDeath } from './cause-of-death.js';
import type { EndOfLife } from './cause-of-death.js';

const end = (changed: Partial<EndOfLife>): EndOfLife => ({
  exitCode: 0,
  oomKilled: false,
  toolOom: false,
  error: '',
  neverStarted: false,
  stopReason: undefined,
  engineLost: false,
  pidsAtLimit: false,
  memoryBytes: 256 * 1024 ** 2,
  pids: 256,
  ...changed,
});

describe('causeOfDeath tells in words', () => {
  test.each<[string, Partial<EndOfLife>, string]>([
    ['an end of its own', { exitCode: 7 }, 'ended with code 7 by itself'],
    ['an operator', { exitCode: 143, stopReason: 'lunch' }, 'stopped on request (lunch), ended with SIGTERM'],
    [
      'the worker out of memory',
      { exitCode: 137, oomKilled: true },
      'the worker ran out of memory (limit 256 MiB) and was killed by the kernel',
    ],
    [
      'a death that this pool did not hear of as it came, which the flag of the engine leaves open',
      { exitCode: 137, oomKilled: true, toolOom: undefined },
      'killed by the kernel, as the worker ran out of memory (limit 256 MiB), or from outside after a tool of it had',
    ],
    [
      'a tool out of memory before',
      { exitCode: 0, oomKilled: true },
      'ended with code 0 by itself; a tool of it had been killed for memory before',
    ],
    [
      'an operator although a tool ran out of memory before',
      { exitCode: 137, oomKilled: true, stopReason: 'x' },
      'stopped on request (x), ended with SIGKILL',
    ],
    [
      'a kill from outside of a worker that had outlived a tool',
      { exitCode: 137, oomKilled: true, toolOom: true },
      'killed from outside of Clawforce; a tool of it had been killed for memory before',
    ],
    [
      'the engine, of a worker that had outlived a tool',
      { exitCode: 137, oomKilled: true, toolOom: true, engineLost: true },
      'ended when the Docker engine went away, ended with SIGKILL; a tool of it had been killed for memory before',
    ],
    ['a kill from outside', { exitCode: 137 }, 'killed from outside of Clawforce'],
    [
      'too many processes',
      { exitCode: 1, pidsAtLimit: true },
      'ended with code 1 by itself; it had reached its limit of 256 processes',
    ],
    [
      'the engine',
      { exitCode: 143, engineLost: true },
      'ended when the Docker engine went away, ended with SIGTERM',
    ],
    ['a host that crashed', { exitCode: 255 }, 'was gone when the engine came back, ended with code 255'],
    [
      'a program that is not there',
      { exitCode: 127, neverStarted: true, error: 'no such file' },
      'could not be started: no such file',
    ],
    ['a start that was cut short', { neverStarted: true }, 'was never started'],
  ])('%s', (_title, changed, reason) => {
    expect(causeOfDeath(end(changed)).reason).toBe(reason);
  });

  test('a code above 128 is a signal, 128 itself and unknown signals are codes', () => {
    expect(causeOfDeath(end({ exitCode: 137 }))).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(causeOfDeath(end({ exitCode: 128 }))).toMatchObject({ code: 128, signal: null });
    expect(causeOfDeath(end({ exitCode: 255 }))).toMatchObject({ code: 255, signal: null });
  });
});
