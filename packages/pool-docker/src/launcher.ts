import { PoolError, specHash } from '@clawforce/pool-core';
import type { IsolationRequest, WorkerHandle, WorkerImage, WorkerSpec } from '@clawforce/pool-core';
import { checkBindSource, identityText } from './bind-sources.js';
import { createOptions, planContainer } from './container-plan.js';
import type { ContainerPlan } from './container-plan.js';
import { isoTime } from './containers.js';
import type { Containers, WorkerContainer } from './containers.js';
import { sentenceOf, statusOf } from './engine.js';
import type { Engine } from './engine.js';
import type { CheckedOptions } from './options.js';
import { prepareDirectories } from './prepare-directories.js';
import { requestedIsolation } from './requested-isolation.js';
import { ensureImage, imageDefaults } from './worker-image.js';
import { workerMounts } from './worker-mounts.js';
import { ensureNetwork, removeNetwork } from './worker-network.js';

const IMAGE_ID = /^sha256:[0-9a-f]{64}$/;

/** What {@link Launcher} works with. */
export interface LauncherParts {
  readonly engine: Engine;
  readonly containers: Containers;
  readonly options: CheckedOptions;
  /** Ends a container that an older generation left, and forgets it. */
  readonly retire: (container: WorkerContainer, reason: string) => Promise<void>;
  /** Proves once that the engine shares this host's files. */
  readonly prove: (imageId: string) => Promise<void>;
}

/** Brings one worker up: looks what is there, prepares, checks, creates, starts. */
export class Launcher {
  readonly #parts: LauncherParts;

  constructor(parts: LauncherParts) {
    this.#parts = parts;
  }

  /** Starts a worker, or gives the one that runs for this generation. Calls for one agent come one after the other. */
  async launch(spec: WorkerSpec): Promise<WorkerHandle> {
    const { containers, retire, options } = this.#parts;
    const known = await containers.list(spec.agentId);
    const same = this.#sameGeneration(spec, known);
    if (same) return this.#handle(spec, same.engineId);
    for (const container of known) await retire(container, `replaced by generation ${spec.generation}`);
    await options.onStep('retired');
    const plan = await this.#plan(spec);
    if (plan.network !== 'none') await ensureNetwork(this.#parts.engine, this.#network(spec, plan.network));
    try {
      await options.onStep('network');
      return await this.#create(plan);
    } catch (error) {
      if (plan.network !== 'none') {
        await removeNetwork(this.#parts.engine, this.#network(spec, plan.network)).catch(() => undefined);
      }
      throw error;
    }
  }

  /** Gives the image of the next start, which is pulled where it is missing. */
  async image(): Promise<WorkerImage> {
    const { engine, options } = this.#parts;
    const { image: name, pull, onPull } = options;
    return { id: await ensureImage(engine, name, { pull, onPull }), name };
  }

  /** Makes sure of the image, and proves that the engine shares this host's files and sockets. */
  async prove(): Promise<void> {
    const { id } = await this.image();
    await this.#parts.prove(id);
  }

  /** Gives what must be read back for a specification, with the directories as they are now. */
  async requested(spec: WorkerSpec): Promise<IsolationRequest> {
    const plan = await this.#plan(spec, false);
    const image = await imageDefaults(this.#parts.engine, plan.imageId);
    return requestedIsolation(plan, await this.#checkSources(spec), image);
  }

  #sameGeneration(spec: WorkerSpec, known: readonly WorkerContainer[]): WorkerContainer | undefined {
    const newest = known[0];
    if (!newest || newest.generation < spec.generation) return undefined;
    const stale = (why: string): PoolError =>
      new PoolError('GENERATION_STALE', `generation ${spec.generation} of ${spec.agentId} ${why}`, {
        key: 'generation',
        fix: 'raise the generation for every start',
      });
    if (newest.generation > spec.generation) throw stale(`is older than ${newest.generation}`);
    if (newest.specHash !== specHash(spec)) {
      throw new PoolError(
        'SPEC_INVALID',
        `generation ${spec.generation} of ${spec.agentId} runs another specification`,
        { key: 'generation', fix: 'raise the generation for every start' },
      );
    }
    if (newest.state === 'running' || newest.state === 'paused') return newest;
    // A start that was cut short: what it made has never run, and is made anew after fresh checks.
    if (newest.state === 'created') return undefined;
    throw stale('has ended');
  }

  async #plan(spec: WorkerSpec, prepare = true): Promise<ContainerPlan> {
    const { containers, options, prove } = this.#parts;
    // An image that a start was given once stays the one that its worker is held to, whatever its name means by now.
    const { id: imageId, name: image } = spec.image ?? (await this.image());
    if (!IMAGE_ID.test(imageId)) {
      throw new PoolError('SPEC_INVALID', 'image.id: expected the id of an image, not a name', {
        key: 'image',
      });
    }
    const user = spec.user ?? options.user;
    if (user.uid === 0 || user.gid === 0) {
      throw new PoolError('SPEC_INVALID', 'user: a worker must not be root, nor in its group', {
        key: 'user',
      });
    }
    const plan = planContainer(spec, {
      name: containers.nameOf(spec.agentId, spec.generation),
      image,
      imageId,
      ownerId: options.ownerId,
      user,
      network: containers.networkOf(spec.agentId),
      hostPathOf: options.hostPathOf,
      seccomp: options.seccomp,
      command: options.command,
      tmp: options.tmp,
    });
    if (!prepare) return plan;
    await prove(imageId);
    await checkBindSource(spec.agentRoot, 'agentRoot');
    await prepareDirectories(spec, plan.user, process.getuid?.() === 0);
    return plan;
  }

  async #create(plan: ContainerPlan): Promise<WorkerHandle> {
    const { engine, containers, options } = this.#parts;
    const { spec } = plan;
    // The last look before the engine, which runs as root, follows the paths.
    await this.#checkSources(spec);
    let engineId: string;
    try {
      engineId = (await engine.ask((docker) => docker.createContainer(createOptions(plan)))).id;
    } catch (error) {
      if (statusOf(error) !== 409) throw startFailed(error);
      return this.#adopt(plan);
    }
    try {
      await options.onStep('created');
      await engine.ask((docker) => docker.getContainer(engineId).start() as Promise<unknown>);
      return await this.#handle(spec, engineId);
    } catch (error) {
      await containers.remove(engineId);
      throw startFailed(error);
    }
  }

  /** The name is taken: by another start of the same generation, or by a stranger, who is left alone. */
  async #adopt({ spec, name }: ContainerPlan): Promise<WorkerHandle> {
    const known = await this.#parts.containers.list(spec.agentId);
    const ours = known.find(({ generation }) => generation === spec.generation);
    if (ours && this.#sameGeneration(spec, known)) return this.#handle(spec, ours.engineId);
    throw new PoolError(
      'START_FAILED',
      `the container name ${name} is taken${ours ? '' : ' by a container that is not ours'}`,
      {
        fix: ours ? 'start again' : 'rename or remove that container; it was not touched',
      },
    );
  }

  async #handle({ agentId, generation }: WorkerSpec, engineId: string): Promise<WorkerHandle> {
    const found = await this.#parts.containers.inspect(engineId);
    if (!found) throw new PoolError('START_FAILED', 'the container was removed while it started');
    return { agentId, generation, engineId, startedAt: isoTime(found.State.StartedAt) };
  }

  async #checkSources(spec: WorkerSpec): Promise<Record<string, string>> {
    const entries = await Promise.all(
      workerMounts(spec).map(async ({ from, target }) => {
        const key = from === spec.socketDir ? 'socketDir' : 'agentRoot';
        return [target, identityText(await checkBindSource(from, key))] as const;
      }),
    );
    return Object.fromEntries(entries);
  }

  #network({ agentId }: WorkerSpec, name: string) {
    return { name, agentId, ownerId: this.#parts.options.ownerId };
  }
}

function startFailed(error: unknown): unknown {
  if (error instanceof PoolError || statusOf(error) === undefined) return error;
  return new PoolError('START_FAILED', `the engine could not start the worker: ${sentenceOf(error)}`, {
    fix: 'look at the image and at the log of the Docker engine',
    cause: error,
  });
}
