/** How long the lifecycle waits before it starts a failed agent again, in milliseconds. */
export interface RestartTiming {
  /** Before the first attempt; doubled for each further one. */
  readonly restartMs: number;
  /** The longest wait. */
  readonly restartMaxMs: number;
  /** A worker that has run for so long has recovered: the next failure counts as the first. */
  readonly stableMs: number;
}

interface Plan {
  failures: number;
  timer: NodeJS.Timeout | undefined;
  runningSince: number | undefined;
}

/** Remembers how often each agent has failed in a row and brings the next attempt about. */
export class RestartPlan {
  readonly #timing: RestartTiming;
  readonly #attempt: (agentId: string) => void;
  readonly #plans = new Map<string, Plan>();

  /** `attempt` is called when it is time to start an agent again. */
  constructor(timing: RestartTiming, attempt: (agentId: string) => void) {
    this.#timing = timing;
    this.#attempt = attempt;
  }

  /** Plans the next attempt after a failure; gives the milliseconds until then. */
  schedule(agentId: string): number {
    const plan = this.#of(agentId);
    const ran = plan.runningSince === undefined ? 0 : performance.now() - plan.runningSince;
    if (ran >= this.#timing.stableMs) plan.failures = 0;
    plan.runningSince = undefined;
    const { restartMs, restartMaxMs } = this.#timing;
    // Bounded before the power: 2 ** 1024 is no number of milliseconds.
    const wait = Math.min(restartMaxMs, restartMs * 2 ** Math.min(plan.failures, 20));
    plan.failures += 1;
    clearTimeout(plan.timer);
    plan.timer = setTimeout(() => {
      plan.timer = undefined;
      this.#attempt(agentId);
    }, wait);
    return wait;
  }

  /** The worker of an agent works. */
  running(agentId: string): void {
    this.#of(agentId).runningSince ??= performance.now();
  }

  /** Whether an attempt is planned. */
  isPlanned(agentId: string): boolean {
    return this.#plans.get(agentId)?.timer !== undefined;
  }

  /** Gives the plan up: an operator has decided, or the agent is gone. */
  forget(agentId: string): void {
    clearTimeout(this.#plans.get(agentId)?.timer);
    this.#plans.delete(agentId);
  }

  /** Gives every plan up. */
  close(): void {
    for (const agentId of [...this.#plans.keys()]) this.forget(agentId);
  }

  #of(agentId: string): Plan {
    let plan = this.#plans.get(agentId);
    if (!plan) {
      plan = { failures: 0, timer: undefined, runningSince: undefined };
      this.#plans.set(agentId, plan);
    }
    return plan;
  }
}
