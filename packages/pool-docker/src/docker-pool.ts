import { attest, checkSpec, ISOLATION_LEVELS, PoolError } from '@clawforce/pool-core';
import type {
  AgentPool,
  AttestationReport,
  ExecOptions,
  ExecResult,
  IsolationProbe,
  LogLine,
  LogOptions,
  PoolCapability,
  PoolEvent,
  PoolProbe,
  StopReport,
  WorkerHandle,
  WorkerImage,
  WorkerInspection,
  WorkerRef,
  WorkerSpec,
  WorkerStats,
} from '@clawforce/pool-core';
import { execIn } from './container-exec.js';
import { inspectionOf, stateOf } from './container-inspection.js';
import { readLogs } from './container-logs.js';
import { readStats } from './container-stats.js';
import { Containers, levelOf } from './containers.js';
import type { WorkerContainer } from './containers.js';
import { describeEngine } from './describe-engine.js';
import { Engine, sentenceOf, statusOf } from './engine.js';
import { parseEngine } from './engine-endpoint.js';
import { readEngineFacts } from './engine-facts.js';
import type { EngineFacts } from './engine-facts.js';
import { admitLevel, judgeEngine } from './engine-verdict.js';
import { insideFacts, PROBE_COMMAND } from './inside-probe.js';
import { Launcher } from './launcher.js';
import { checkOptions } from './options.js';
import type { CheckedOptions, DockerPoolOptions } from './options.js';
import { proveSharedHost } from './shared-host-proof.js';
import { stopContainer } from './stop-container.js';
import { Turns } from './turns.js';
import { WorkerEvents } from './worker-events.js';
import { WorkerMemory } from './worker-memory.js';
import { neighboursOf, removeNetwork } from './worker-network.js';
import { WorkerWatch } from './worker-watch.js';

/**
 * Runs every worker in a container of its own and reads its isolation back, from the engine and from inside. Workers
 * outlive the pool: another one with the same owner finds them by their labels.
 */
export class DockerPool implements AgentPool {
  readonly kind = 'docker';
  readonly capabilities: ReadonlySet<PoolCapability> = new Set<PoolCapability>([
    'isolation',
    'probe-inside',
    'exec',
    'pause',
    'stats',
    'adoption',
    'outlives-close',
  ]);
  readonly #options: CheckedOptions;
  readonly #engine: Engine;
  readonly #containers: Containers;
  readonly #memory = new WorkerMemory();
  readonly #turns = new Turns();
  readonly #events: WorkerEvents;
  readonly #watch: WorkerWatch;
  readonly #launcher: Launcher;
  #facts: Promise<EngineFacts> | undefined;
  #proof: Promise<void> | undefined;
  #closed = false;

  /**
   * @throws TypeError naming a bad option.
   * @throws PoolError `BACKEND_UNAVAILABLE` for an engine setting that is not served.
   */
  constructor(options: DockerPoolOptions) {
    this.#options = checkOptions(options);
    const { ownerId, timeoutMs, watchIntervalMs } = this.#options;
    const engine = new Engine(parseEngine(this.#options.engine), timeoutMs);
    this.#engine = engine;
    const containers = new Containers(engine, ownerId);
    this.#containers = containers;
    const memory = this.#memory;
    this.#events = new WorkerEvents({ engine, containers, memory, ownerId });
    this.#watch = new WorkerWatch({
      engine,
      containers,
      memory,
      intervalMs: watchIntervalMs,
      emit: (event) => this.#events.hub.emit(event),
      stop: (ref, reason) => this.stop(ref, { graceMs: 2_000, reason }),
    });
    this.#launcher = new Launcher({
      engine,
      containers,
      options: this.#options,
      retire: (container, reason) => this.#retire(container, reason),
      prove: (imageId) => this.#prove(imageId),
    });
  }

  /** Says what the engine is and what it enforces; an engine that does not answer is told as not available. */
  async probe(): Promise<PoolProbe> {
    try {
      this.#facts = undefined;
      return describeEngine(await this.#engineFacts());
    } catch (error) {
      if (!(error instanceof PoolError)) throw error;
      const reason = error.fix === undefined ? error.message : `${error.message}; ${error.fix}`;
      return { available: false, engine: 'docker', levels: [], enforced: [], notEnforced: [], reason };
    }
  }

  /**
   * Makes sure of the image and proves with a throw-away container that the engine shares this host's files and that a
   * worker can connect back through a bind-mounted socket. The first start does the same.
   *
   * @throws PoolError `BACKEND_UNAVAILABLE` or `IMAGE_MISSING` with the fix.
   */
  async prove(): Promise<void> {
    this.#refuseClosed();
    await this.#launcher.prove();
  }

  /** {@inheritDoc AgentPool.image} */
  async image(): Promise<WorkerImage> {
    this.#refuseClosed();
    return this.#launcher.image();
  }

  /** {@inheritDoc AgentPool.start} */
  async start(spec: WorkerSpec): Promise<WorkerHandle> {
    checkSpec(spec);
    this.#refuseClosed();
    return this.#turns.take(spec.agentId, async () => {
      this.#refuseClosed();
      admitLevel(judgeEngine(await this.#engineFacts()), spec.level);
      const handle = await this.#launcher.launch(spec);
      this.#watch.start();
      return handle;
    });
  }

  /** {@inheritDoc AgentPool.stop} */
  async stop(
    ref: WorkerRef,
    { graceMs, reason }: { readonly graceMs: number; readonly reason: string },
  ): Promise<StopReport> {
    if (!Number.isFinite(graceMs) || graceMs < 0) throw new TypeError('graceMs: expected 0 or more');
    const began = performance.now();
    const { agentId, generation } = ref;
    const report = (rest: Pick<StopReport, 'outcome' | 'exit'>): StopReport => ({
      agentId,
      generation,
      tookMs: Math.round(performance.now() - began),
      ...rest,
    });
    const found = await this.#find(ref);
    const container = found?.state === 'created' ? await this.#dropUnstarted(ref) : found;
    if (!container) {
      await this.#dropNetworkInTurn(agentId);
      return report({ outcome: 'absent' });
    }
    if (container.state !== 'running' && container.state !== 'paused') {
      const inspection = await this.#inspection(container);
      await this.#dropNetworkInTurn(agentId);
      return report({ outcome: 'absent', ...(inspection?.exit ? { exit: inspection.exit } : {}) });
    }
    this.#memory.note(container.engineId, { stopReason: reason });
    const { onStep } = this.#options;
    const outcome = await stopContainer(this.#engine, container.engineId, {
      graceMs,
      paused: container.state === 'paused',
      onAsked: () => onStep('asked'),
    });
    await onStep('ended');
    const inspection = await this.#inspection(container);
    const done = report({ outcome, ...(inspection?.exit ? { exit: inspection.exit } : {}) });
    await this.#dropNetworkInTurn(agentId);
    return done;
  }

  /** {@inheritDoc AgentPool.inspect} */
  async inspect(agentId: string): Promise<WorkerInspection | undefined> {
    const [newest] = await this.#containers.list(agentId);
    return newest && this.#inspection(newest);
  }

  /** {@inheritDoc AgentPool.list} */
  async list(): Promise<WorkerInspection[]> {
    // Workers that an earlier pool started are watched like those of this one.
    this.#watch.start();
    const newest = new Map<string, WorkerContainer>();
    for (const container of await this.#containers.list()) {
      if (!newest.has(container.agentId)) newest.set(container.agentId, container);
    }
    const found = await Promise.all([...newest.values()].map((container) => this.#inspection(container)));
    return found.filter((inspection) => inspection !== undefined);
  }

  /** {@inheritDoc AgentPool.probeInside} */
  async probeInside(ref: WorkerRef): Promise<IsolationProbe> {
    // Node reads options from its environment, and the worker's environment is not ours to trust here.
    const answer = await this.exec(ref, PROBE_COMMAND, { env: { NODE_OPTIONS: '' }, timeoutMs: 30_000 });
    // A host that is slow, or whoever killed the probe, says nothing about the isolation.
    if (answer.timedOut || answer.code === 137 || answer.code === null) {
      throw new PoolError('BACKEND_UNAVAILABLE', 'the probe inside the container was cut short', {
        fix: 'look at the load of the host and at the log of the Docker engine',
      });
    }
    const effective = answer.code === 0 ? insideFacts(answer.stdout) : undefined;
    if (effective) return { outcome: 'probed', effective };
    return {
      outcome: 'unsupported',
      reason: `the probe gave no answer inside the container (exit ${answer.code}); does the image have node in its PATH?`,
    };
  }

  /**
   * Compares a running worker with what was requested for it; the verdict is remembered and shown by `inspect`.
   *
   * @throws PoolError `NOT_FOUND` when the worker does not run.
   */
  async attest(spec: WorkerSpec): Promise<AttestationReport> {
    checkSpec(spec);
    const container = await this.#running(spec);
    const requested = await this.#launcher.requested(spec);
    const inspection = await this.#inspection(container);
    if (!inspection) throw unknownWorker(spec);
    const networks = String(inspection.effective['networks']).split(' ');
    const neighbours = await neighboursOf(this.#engine, networks);
    const probe = await this.probeInside(spec);
    const report =
      probe.outcome === 'unsupported'
        ? { attested: 'mismatched' as const, differences: [], reason: probe.reason }
        : attest(requested, { effective: { ...inspection.effective, neighbours } }, probe);
    this.#memory.note(container.engineId, { attestation: report });
    return report;
  }

  /** {@inheritDoc AgentPool.logs} */
  async *logs(ref: WorkerRef, options: LogOptions = {}): AsyncGenerator<LogLine> {
    const container = await this.#find(ref);
    if (!container) throw unknownWorker(ref);
    yield* readLogs(this.#engine, container.engineId, options);
  }

  /** {@inheritDoc AgentPool.stats} */
  async stats(ref: WorkerRef): Promise<WorkerStats | undefined> {
    const container = await this.#find(ref);
    const found = container && (await readStats(this.#engine, container.engineId));
    return found && { memoryBytes: found.memoryBytes, cpuUs: found.cpuUs, pids: found.pids };
  }

  /** {@inheritDoc AgentPool.exec} */
  async exec(ref: WorkerRef, command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    if (command.length === 0) throw new TypeError('command: expected an argument vector');
    const { engineId, labels } = await this.#running(ref);
    const asRoot = options.user?.uid === 0 || options.user?.gid === 0;
    if (asRoot && ISOLATION_LEVELS[levelOf(labels)].user !== 'root') {
      throw new PoolError(
        'UNSUPPORTED',
        'user: nothing runs as root, or in its group, in a worker of this level',
        {
          key: 'user',
        },
      );
    }
    return execIn(this.#engine, { engineId, command, options });
  }

  /** {@inheritDoc AgentPool.pause} */
  async pause(ref: WorkerRef): Promise<void> {
    const { engineId, state } = await this.#running(ref);
    if (state === 'paused') return;
    await this.#engine
      .ask((docker) => docker.getContainer(engineId).pause() as Promise<unknown>)
      .catch((error: unknown) => {
        if (!(statusOf(error) === 409 && /already paused/i.test(sentenceOf(error))))
          throw notRunning(ref, error);
      });
  }

  /** {@inheritDoc AgentPool.resume} */
  async resume(ref: WorkerRef): Promise<void> {
    const { engineId, state } = await this.#running(ref);
    if (state !== 'paused') return;
    await this.#engine
      .ask((docker) => docker.getContainer(engineId).unpause() as Promise<unknown>)
      .catch((error: unknown) => {
        if (!/not paused/i.test(sentenceOf(error))) throw notRunning(ref, error);
      });
  }

  /** {@inheritDoc AgentPool.events} */
  events({
    signal,
    since,
  }: {
    readonly signal: AbortSignal;
    readonly since?: string;
  }): AsyncIterable<PoolEvent> {
    this.#watch.start();
    const listening = this.#events.hub.listen(signal, since);
    this.#events.follow(since);
    return listening;
  }

  /** Removes what is left of an agent: containers of every generation, running ones included, and its network. */
  async forget(agentId: string): Promise<void> {
    await this.#turns.take(agentId, async () => {
      for (const container of await this.#containers.list(agentId)) {
        await this.#retire(container, 'the agent was removed');
      }
      await this.#dropNetwork(agentId);
    });
  }

  /** Releases the pool. Workers go on; the next pool of this owner finds them. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#turns.settled();
    await this.#watch.close();
    await this.#events.close();
  }

  #engineFacts(): Promise<EngineFacts> {
    const asked = (this.#facts ??= readEngineFacts(this.#engine));
    asked.catch(() => {
      if (this.#facts === asked) this.#facts = undefined;
    });
    return asked;
  }

  #prove(imageId: string): Promise<void> {
    const { ownerId, proofDir, hostPathOf } = this.#options;
    const proof = (this.#proof ??= proveSharedHost(this.#engine, { imageId, ownerId, proofDir, hostPathOf }));
    proof.catch(() => {
      if (this.#proof === proof) this.#proof = undefined;
    });
    return proof;
  }

  async #find({ agentId, generation }: WorkerRef): Promise<WorkerContainer | undefined> {
    const known = await this.#containers.list(agentId);
    return known.find((container) => container.generation === generation);
  }

  async #running(ref: WorkerRef): Promise<WorkerContainer> {
    const container = await this.#find(ref);
    if (container?.state === 'running' || container?.state === 'paused') return container;
    throw unknownWorker(ref);
  }

  async #inspection(container: WorkerContainer): Promise<WorkerInspection | undefined> {
    const found = await this.#containers.inspect(container.engineId);
    return found && inspectionOf(container, found, this.#memory.of(container.engineId));
  }

  async #retire(container: WorkerContainer, reason: string): Promise<void> {
    const found = await this.#containers.inspect(container.engineId);
    const state = found && stateOf(found);
    if (state === 'running' || state === 'paused') {
      this.#memory.note(container.engineId, { stopReason: reason });
      await stopContainer(this.#engine, container.engineId, { graceMs: 0, paused: state === 'paused' });
    }
    await this.#containers.remove(container.engineId);
  }

  /**
   * Removes what a start left that was cut short before its worker ran, with the network. Waits for a start under way;
   * gives the container when that one has run after all.
   */
  #dropUnstarted(ref: WorkerRef): Promise<WorkerContainer | undefined> {
    return this.#turns.take(ref.agentId, async () => {
      const container = await this.#find(ref);
      if (container && container.state !== 'created') return container;
      if (container) await this.#containers.remove(container.engineId);
      await this.#dropNetwork(ref.agentId);
      return undefined;
    });
  }

  /** Whatever ended the worker, its network goes with it, unless a start that was under way uses it by now. */
  #dropNetworkInTurn(agentId: string): Promise<void> {
    return this.#turns.take(agentId, () => this.#dropNetwork(agentId));
  }

  async #dropNetwork(agentId: string): Promise<void> {
    const name = this.#containers.networkOf(agentId);
    await removeNetwork(this.#engine, { name, agentId, ownerId: this.#options.ownerId });
  }

  #refuseClosed(): void {
    if (this.#closed) throw new PoolError('CLOSED', 'the pool was closed');
  }
}

function unknownWorker({ agentId, generation }: WorkerRef): PoolError {
  return new PoolError('NOT_FOUND', `no worker ${agentId}, generation ${generation}, runs here`);
}

function notRunning(ref: WorkerRef, error: unknown): unknown {
  const status = statusOf(error);
  return status === 404 || status === 409 ? unknownWorker(ref) : error;
}
