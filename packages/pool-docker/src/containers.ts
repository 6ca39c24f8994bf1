import { createHash } from 'node:crypto';
import { isIsolationLevel, readLabels, WORKER_LABELS } from '@clawforce/pool-core';
import type { IsolationLevel, LabelledWorker } from '@clawforce/pool-core';
import type { ContainerInspectInfo } from 'dockerode';
import { LEVEL_LABEL } from './container-plan.js';
import { sentenceOf, statusOf } from './engine.js';
import type { Engine } from './engine.js';

/** A container of this owner, found by its labels. */
export interface WorkerContainer extends LabelledWorker {
  readonly engineId: string;
  /** The engine's word: `created`, `running`, `paused`, `exited`, `removing`, `dead`. */
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Gives the level a container was made for; a label that is not one counts as the loosest. */
export function levelOf(labels: Readonly<Record<string, string | undefined>>): IsolationLevel {
  const level = labels[LEVEL_LABEL];
  return isIsolationLevel(level) ? level : 'privileged';
}

/** The containers of one owner on one engine. A container without this owner's labels is never touched. */
export class Containers {
  readonly #engine: Engine;
  readonly #ownerId: string;
  readonly #prefix: string;

  constructor(engine: Engine, ownerId: string) {
    this.#engine = engine;
    this.#ownerId = ownerId;
    this.#prefix = `clawforce-${createHash('sha256').update(ownerId).digest('hex').slice(0, 8)}`;
  }

  /** Names the container of one generation; the engine lets nobody else have the name. */
  nameOf(agentId: string, generation: number): string {
    return `${this.#prefix}-${agentId}-${generation}`;
  }

  /** Names the network of one agent. */
  networkOf(agentId: string): string {
    return `${this.#prefix}-${agentId}`;
  }

  /** Gives all containers of this owner, or those of one agent, newest generation first. */
  async list(agentId?: string): Promise<WorkerContainer[]> {
    const label = [`${WORKER_LABELS.owner}=${this.#ownerId}`];
    if (agentId !== undefined) label.push(`${WORKER_LABELS.agent}=${agentId}`);
    const found = await this.#engine.ask((docker) =>
      docker.listContainers({ all: true, filters: JSON.stringify({ label }) }),
    );
    return found
      .flatMap(({ Id, State, Labels }) => {
        const worker = readLabels(this.#ownerId, Labels);
        return worker ? [{ ...worker, engineId: Id, state: State, labels: Labels }] : [];
      })
      .sort((left, right) => right.generation - left.generation);
  }

  /** Gives the engine's record, or `undefined` when the container is gone. */
  async inspect(engineId: string): Promise<ContainerInspectInfo | undefined> {
    try {
      return await this.#engine.ask((docker) => docker.getContainer(engineId).inspect());
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  /** Removes a container, running or not. Gone already is fine. */
  async remove(engineId: string): Promise<void> {
    try {
      await this.#engine.ask(
        (docker) => docker.getContainer(engineId).remove({ force: true, v: true }) as Promise<unknown>,
      );
    } catch (error) {
      const inProgress = statusOf(error) === 409 && /already in progress/i.test(sentenceOf(error));
      if (statusOf(error) !== 404 && !inProgress) throw error;
    }
  }
}

/** Gives the time of an engine's record in milliseconds; the engine writes nanoseconds. */
export function isoTime(time: string): string {
  const parsed = Date.parse(time);
  return new Date(Number.isNaN(parsed) ? 0 : parsed).toISOString();
}
