import { CommandError } from '@clawforce/protocol/link-client';

interface Job {
  readonly controller: AbortController;
  readonly start: () => void;
}

/** Bounds of a {@link SessionQueue}. */
export interface QueueLimits {
  /** Turns of one session that may wait. */
  readonly waitingPerSession: number;
  /** Sessions whose turns run at the same time. */
  readonly running: number;
}

/** One turn at a time in each session, a few sessions at a time, and nothing waits without bound. */
export class SessionQueue {
  readonly #limits: QueueLimits;
  readonly #sessions = new Map<string, Job[]>();
  readonly #ready: Job[] = [];
  #running = 0;
  #closed = false;

  constructor(limits: QueueLimits = { waitingPerSession: 20, running: 4 }) {
    this.#limits = limits;
  }

  /**
   * Runs a turn when its session is free. Cancelling aborts the signal; a turn that still waits starts with an aborted one.
   * @throws CommandError SESSION_BUSY, WORKER_STOPPING
   */
  async run<T>(sessionKey: string, turn: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#closed) throw new CommandError('WORKER_STOPPING', 'The worker is stopping.');
    const jobs = this.#sessions.get(sessionKey) ?? [];
    if (jobs.length > this.#limits.waitingPerSession) {
      throw new CommandError('SESSION_BUSY', 'Too many messages wait in this session; send again later.');
    }
    this.#sessions.set(sessionKey, jobs);
    const controller = new AbortController();
    await new Promise<void>((start) => {
      const job: Job = { controller, start };
      jobs.push(job);
      if (jobs.length === 1) this.#admit(job);
    });
    try {
      return await turn(controller.signal);
    } finally {
      jobs.shift();
      this.#running -= 1;
      const next = jobs[0];
      if (next) this.#admit(next);
      else this.#sessions.delete(sessionKey);
      const ready = this.#ready.shift();
      if (ready) this.#admit(ready);
    }
  }

  /** Cancels what runs and waits in a session; tells whether there was anything. */
  cancel(sessionKey: string): boolean {
    const jobs = this.#sessions.get(sessionKey) ?? [];
    for (const { controller } of jobs) controller.abort();
    return jobs.length > 0;
  }

  /** Cancels everything and takes nothing more; resolves when all turns have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const sessionKey of [...this.#sessions.keys()]) this.cancel(sessionKey);
    while (this.#sessions.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  #admit(job: Job): void {
    if (this.#running >= this.#limits.running) {
      this.#ready.push(job);
      return;
    }
    this.#running += 1;
    job.start();
  }
}
