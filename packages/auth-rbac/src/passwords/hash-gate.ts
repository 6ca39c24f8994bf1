import { AuthError } from '../errors/auth-error.js';

/** Runs jobs, so many at a time, with a bounded queue. */
export interface HashGate {
  /** @throws AuthError `HASHER_BUSY` at once when the queue is full. */
  run<T>(job: () => Promise<T>): Promise<T>;
  /** Jobs that run now. */
  readonly running: number;
  /** Jobs that wait. */
  readonly waiting: number;
}

/**
 * Gives a gate. argon2 occupies threads of libuv's pool, which file and DNS work share: four at once stop all file
 * access for hundreds of milliseconds (research/reliability section 1.3), so the default admits two.
 */
export function createHashGate(concurrency: number, queue: number, retryAfterSeconds: number): HashGate {
  const waiting: (() => void)[] = [];
  let running = 0;
  const acquire = (): Promise<void> | undefined => {
    if (running < concurrency) {
      running += 1;
      return undefined;
    }
    if (waiting.length >= queue) throw new AuthError('HASHER_BUSY', { retryAfterSeconds });
    return new Promise((resolve) => {
      waiting.push(resolve);
    });
  };
  const release = (): void => {
    const next = waiting.shift();
    // The slot passes on to the next in line, so nobody who arrives in between overtakes.
    if (next) next();
    else running -= 1;
  };
  return {
    async run(job) {
      await acquire();
      try {
        return await job();
      } finally {
        release();
      }
    },
    get running() {
      return running;
    },
    get waiting() {
      return waiting.length;
    },
  };
}
