import { PoolError } from './pool-error.js';

/** Where a worker is, as CONTRACT section 2 names it and the dashboard shows it. */
export type WorkerState = 'stopped' | 'provisioning' | 'connecting' | 'running' | 'disconnected' | 'failed';

/** What an operator wants of an agent. */
export type DesiredState = 'stopped' | 'running';

/**
 * The legal transitions as data. A worker that ended badly is `failed` until someone starts or stops it; a lost
 * link is `disconnected`, which either comes back or ends; every state can be stopped.
 */
export const WORKER_TRANSITIONS: Readonly<Record<WorkerState, readonly WorkerState[]>> = Object.freeze({
  stopped: Object.freeze(['provisioning'] as const),
  provisioning: Object.freeze(['connecting', 'failed', 'stopped'] as const),
  connecting: Object.freeze(['running', 'failed', 'stopped'] as const),
  running: Object.freeze(['disconnected', 'failed', 'stopped'] as const),
  disconnected: Object.freeze(['running', 'failed', 'stopped'] as const),
  failed: Object.freeze(['provisioning', 'stopped'] as const),
});

/** Every worker state, in the order of a normal life. */
export const WORKER_STATES: readonly WorkerState[] = Object.freeze(
  Object.keys(WORKER_TRANSITIONS) as WorkerState[],
);

/** Tells whether a text names a worker state. */
export function isWorkerState(value: unknown): value is WorkerState {
  return typeof value === 'string' && Object.hasOwn(WORKER_TRANSITIONS, value);
}

/** Tells whether a worker may go from one state to another; staying is no transition. */
export function canTransition(from: WorkerState, to: WorkerState): boolean {
  return WORKER_TRANSITIONS[from].includes(to);
}

/** Tells whether the pool may hold a process of the worker in this state. */
export function holdsWorker(state: WorkerState): boolean {
  return state !== 'stopped' && state !== 'failed';
}

/** Gives `to` when the step is legal. @throws PoolError `TRANSITION_ILLEGAL` naming both states. */
export function transition(from: WorkerState, to: WorkerState): WorkerState {
  if (canTransition(from, to)) return to;
  throw new PoolError('TRANSITION_ILLEGAL', `a worker cannot go from ${from} to ${to}`, {
    fix: `from ${from} it can go to ${WORKER_TRANSITIONS[from].join(', ')}`,
  });
}
