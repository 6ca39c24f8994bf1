import type { WorkerSpec } from '@clawforce/pool-core';
import { expect, it } from 'vitest';
import type { WorkerAttestation } from './attest-worker.js';
import { EarlyLooks } from './early-looks.js';

const spec = (generation: number): WorkerSpec => ({
  agentId: 'a',
  generation,
  level: 'sandboxed',
  agentRoot: '/a',
  socketDir: '/s',
  env: {},
  limits: {},
});
const matched: WorkerAttestation = { attested: 'matched', differences: [], reason: '' };

it('gives an early look to its own generation only, and only once', async () => {
  const looked: number[] = [];
  const looks = new EarlyLooks(({ generation }) => {
    looked.push(generation);
    return Promise.resolve(matched);
  });
  void looks.begin(spec(1));
  expect(await looks.take(spec(1))).toBe(matched);
  expect(looked).toEqual([1]);
  await looks.take(spec(1));
  expect(looked).toEqual([1, 1]);
  // What was found of an older worker says nothing about the next one.
  void looks.begin(spec(1));
  await looks.take(spec(2));
  expect(looked).toEqual([1, 1, 1, 2]);
});

it('looks again when the early look got no answer, as from a worker that is ending', async () => {
  const noAnswer: WorkerAttestation = { attested: 'mismatched', differences: [], reason: 'no answer' };
  const answers = [noAnswer, matched];
  const looks = new EarlyLooks(() => Promise.resolve(answers.shift() ?? noAnswer));
  expect(await looks.begin(spec(1))).toBeUndefined();
  expect(await looks.take(spec(1))).toBe(matched);
  const differs: WorkerAttestation = { ...noAnswer, differences: [{ field: 'pidsLimit' }] };
  answers.push(differs);
  expect(await looks.begin(spec(2))).toBe(differs);
});

it('looks again when the early look failed, and passes on what that one fails with', async () => {
  let calls = 0;
  const looks = new EarlyLooks(() => {
    calls += 1;
    return Promise.reject(new Error(`look ${calls}`));
  });
  void looks.begin(spec(1));
  await expect(looks.take(spec(1))).rejects.toThrow('look 2');
});
