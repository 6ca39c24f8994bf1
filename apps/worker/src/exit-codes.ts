import type { WorkerEnd } from '@clawforce/agent-runtime';

/**
 * Exit codes of `clawforce-worker`, by the reason for which it ended. 0: as asked for. 64 and up follow sysexits.h, so
 * that a pool or a person can tell a wrong setting from a lost link.
 */
export const EXIT_CODES: Readonly<Record<WorkerEnd['reason'] | 'usage' | 'failed', number>> = Object.freeze({
  stopped: 0,
  signal: 0,
  released: 0,
  closed: 0,
  failed: 1,
  usage: 64,
  orphaned: 69,
  upgrade: 76,
  token: 77,
  deleted: 77,
  no_credential: 77,
  fenced: 75,
  rejected: 78,
});
