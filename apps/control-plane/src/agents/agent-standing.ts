import type { UnsafeSettings } from '../config/unsafe-settings.js';
import type { Refusal, RefusalBook } from '../events/refusal-book.js';

/** How an agent stands with respect to safety. */
export interface AgentStanding {
  /** Settings of its configuration that take protection away. */
  readonly unsafe: readonly string[];
  readonly last_refusal: Refusal | null;
  readonly refusals_last_hour: number;
}

/** Gives how agents stand. */
export class AgentStandings {
  readonly #refusals: RefusalBook;
  readonly #unsafe: UnsafeSettings;

  constructor(refusals: RefusalBook, unsafe: UnsafeSettings) {
    this.#refusals = refusals;
    this.#unsafe = unsafe;
  }

  async of(agentIds: readonly string[]): Promise<readonly AgentStanding[]> {
    const unsafe = await this.#unsafe.of(agentIds);
    return Promise.all(
      agentIds.map(async (agentId) => ({
        unsafe: unsafe.get(agentId) ?? [],
        last_refusal: await this.#refusals.last(agentId),
        refusals_last_hour: this.#refusals.count(agentId),
      })),
    );
  }
}
