import type { AgentPool, WorkerImage } from '@clawforce/pool-core';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import { storedSpec } from './worker-spec.js';

/** The image of a present worker as the API shows it. */
export interface WorkerImageView {
  /** As the operator wrote it when the worker was started. */
  readonly name: string;
  /** Not one that this version ships: what is in it, and what the worker says about itself, is its own word. */
  readonly custom: boolean;
  /** The next start gets another one. */
  readonly outdated: boolean;
}

/** Says when a worker goes on with an image that has been replaced since. */
export const OLDER_IMAGE = 'It goes on with an older image; restart the agent to update it.';

/** Knows which image the next start gets, and what the image of a present worker is beside it. */
export class WorkerImages {
  readonly #pool: AgentPool;
  readonly #isCustom: (name: string) => boolean;
  #latest: WorkerImage | undefined;

  constructor(pool: AgentPool, isCustom: (name: string) => boolean) {
    this.#pool = pool;
    this.#isCustom = isCustom;
  }

  /** The image of the next start; undefined in a pool without images. @throws PoolError IMAGE_MISSING */
  async next(): Promise<WorkerImage | undefined> {
    this.#latest = await this.#pool.image?.();
    return this.#latest;
  }

  /** The image of the agent's present worker; null when that is not known. Costs nothing: no engine is asked. */
  of(agent: Pick<AgentRecord, 'id' | 'generation' | 'workerSpec'>): WorkerImageView | null {
    const image = storedSpec(agent)?.image;
    if (!image) return null;
    return {
      name: image.name,
      custom: this.#isCustom(image.name),
      outdated: this.#latest !== undefined && this.#latest.id !== image.id,
    };
  }
}
