import type { ExecResult } from '@clawforce/pool-core';
import { expect, it } from 'vitest';
import { DockerPool } from './docker-pool.js';

/** A pool whose engine executes the probe like this. */
class ProbedPool extends DockerPool {
  answer: Partial<ExecResult> = {};

  override exec(): Promise<ExecResult> {
    const ended = { code: 0, stdout: '', stderr: '', truncated: false, timedOut: false };
    return Promise.resolve({ ...ended, ...this.answer });
  }
}

const REF = { agentId: 'a', generation: 1 };
const pool = new ProbedPool({ image: 'x', ownerId: 'test', proofDir: '/nowhere' });

it.each([
  ['did not end in time', { code: null, timedOut: true }],
  ['was killed', { code: 137 }],
])(
  'a probe that %s is no verdict on the isolation, so that the start may be tried again',
  async (_how, answer) => {
    pool.answer = answer;
    await expect(pool.probeInside(REF)).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  },
);

it.each([
  ['is not there', { code: 127 }],
  ['may not be executed', { code: 126 }],
  ['says something else', { code: 0, stdout: 'hello' }],
])('a probe that %s confirms nothing', async (_how, answer) => {
  pool.answer = answer;
  expect(await pool.probeInside(REF)).toMatchObject({ outcome: 'unsupported' });
});
