import { expect, test } from 'vitest';
import { PoolError } from './pool-error.js';
import {
  canTransition,
  holdsWorker,
  isWorkerState,
  transition,
  WORKER_STATES,
  WORKER_TRANSITIONS,
} from './worker-state.js';

test('the states are those of the contract', () => {
  expect([...WORKER_STATES].sort()).toEqual(
    ['stopped', 'provisioning', 'connecting', 'running', 'disconnected', 'failed'].sort(),
  );
  expect(isWorkerState('running')).toBe(true);
  expect(isWorkerState('toString')).toBe(false);
});

test('every state but stopped can be stopped, and every one with a worker can fail', () => {
  for (const state of WORKER_STATES) {
    expect(canTransition(state, 'stopped'), state).toBe(state !== 'stopped');
    expect(canTransition(state, 'failed'), state).toBe(holdsWorker(state));
    expect(canTransition(state, state), state).toBe(false);
  }
});

test('work flows only after provisioning and connecting', () => {
  const before = WORKER_STATES.filter((state) => canTransition(state, 'running'));
  expect(before).toEqual(['connecting', 'disconnected']);
  expect(WORKER_STATES.filter((state) => canTransition(state, 'provisioning'))).toEqual([
    'stopped',
    'failed',
  ]);
});

test('a normal life, a lost link and a restart after a crash are legal step by step', () => {
  const life = [
    'provisioning',
    'connecting',
    'running',
    'disconnected',
    'running',
    'failed',
    'provisioning',
  ] as const;
  let state: (typeof WORKER_STATES)[number] = 'stopped';
  for (const next of life) state = transition(state, next);
  expect(state).toBe('provisioning');
});

test('an illegal step names both states and what would be legal', () => {
  const step = (): unknown => transition('stopped', 'running');
  expect(step).toThrow(PoolError);
  expect(step).toThrow(
    expect.objectContaining({
      code: 'TRANSITION_ILLEGAL',
      message: 'a worker cannot go from stopped to running',
      fix: 'from stopped it can go to provisioning',
    }),
  );
  expect(Object.isFrozen(WORKER_TRANSITIONS) && Object.isFrozen(WORKER_TRANSITIONS.running)).toBe(true);
});
