import { stat } from 'node:fs/promises';
import { checkSpec, EventHub, PoolError, specHash } from '@clawforce/pool-core';
import type {
  AgentPool,
  IsolationProbe,
  LogLine,
  LogOptions,
  PoolCapability,
  PoolEvent,
  PoolProbe,
  StopReport,
  WorkerExit,
  WorkerHandle,
  WorkerInspection,
  WorkerRef,
  WorkerSpec,
  WorkerStats,
} from '@clawforce/pool-core';
import { checkOptions } from './options.js';
import type { CheckedOptions, ProcessPoolOptions } from './options.js';
import type { Orphan } from './find-orphans.js';
import { followOrphan } from './orphan-child.js';
import { describeProbe, LEVEL, refuseUnsupported } from './probe.js';
import { measureTree } from './process-stats.js';
import { readProcessTable } from './process-table.js';
import { treeMembers } from './process-tree.js';
import { RecordBook } from './record-book.js';
import { spawnChild } from './worker-child.js';
import { WorkerOutput } from './worker-output.js';
import { WorkerProcess } from './worker-process.js';
import type { WorkerFacts, WorkerObserver } from './worker-process.js';
import { spoolPath } from './worker-record.js';

const KEEP_MS = 500;

/** What became of a worker that an earlier control plane has left behind. */
export interface AdoptedWorker extends WorkerRef {
  /** `adopted`: it runs and is this pool's. `ended`: it had ended, and so has what was left of it. */
  readonly outcome: 'adopted' | 'ended';
}

/**
 * Runs workers as processes of this host, for development. It isolates nothing: every worker is reported with
 * `attested: 'none'`, and what it cannot enforce it refuses (ARCHITECTURE section 6).
 */
export class ProcessPool implements AgentPool {
  readonly kind = 'process';
  readonly capabilities: ReadonlySet<PoolCapability>;
  readonly #options: CheckedOptions;
  readonly #workers = new Map<string, WorkerProcess>();
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #events = new EventHub();
  readonly #book: RecordBook;
  readonly #observer: WorkerObserver = {
    tracked: (worker) => this.#book.update(worker),
    ended: (worker, exit) => this.#ended(worker, exit),
  };
  #adoption: Promise<readonly AdoptedWorker[]> | undefined;
  #timers: readonly NodeJS.Timeout[] | undefined;
  #closed = false;

  /**
   * @throws TypeError naming a bad option.
   * @throws PoolError `BACKEND_UNAVAILABLE` in production, on Windows, and when `stateDir` is not private.
   */
  constructor(options: ProcessPoolOptions) {
    this.#options = checkOptions(options);
    if (this.#options.env === 'production') {
      throw new PoolError('BACKEND_UNAVAILABLE', 'the process pool isolates nothing and refuses production', {
        key: 'CLAWFORCE_ENV',
        fix: 'use the docker backend, or set CLAWFORCE_ENV=development',
      });
    }
    if (process.platform === 'win32') {
      throw new PoolError('BACKEND_UNAVAILABLE', 'the process pool needs POSIX process groups', {
        fix: 'run Clawforce inside WSL2',
      });
    }
    this.#book = new RecordBook(this.#options.stateDir, this.#options.ownerId);
    this.capabilities = new Set<PoolCapability>([
      ...(process.platform === 'linux' ? (['stats'] as const) : []),
      ...(this.#options.stateDir === undefined ? [] : (['adoption'] as const)),
    ]);
  }

  /** Says what this pool enforces on this host, and at length what it does not. */
  probe(): Promise<PoolProbe> {
    return Promise.resolve(describeProbe(this.#options.stateDir !== undefined));
  }

  /** {@inheritDoc AgentPool.start} */
  async start(spec: WorkerSpec): Promise<WorkerHandle> {
    checkSpec(spec);
    this.#refuseClosed();
    refuseUnsupported(spec);
    await this.adoptOrphans();
    return this.#inTurn(spec.agentId, () => this.#start(spec));
  }

  /** {@inheritDoc AgentPool.stop} */
  async stop(
    ref: WorkerRef,
    { graceMs, reason }: { readonly graceMs: number; readonly reason: string },
  ): Promise<StopReport> {
    if (!Number.isFinite(graceMs) || graceMs < 0) throw new TypeError('graceMs: expected 0 or more');
    const worker = await this.#find(ref);
    if (worker) return worker.stop(graceMs, reason);
    return { agentId: ref.agentId, generation: ref.generation, outcome: 'absent', tookMs: 0 };
  }

  /** {@inheritDoc AgentPool.inspect} */
  async inspect(agentId: string): Promise<WorkerInspection | undefined> {
    await this.adoptOrphans();
    const worker = this.#workers.get(agentId);
    return worker && inspection(worker);
  }

  /** {@inheritDoc AgentPool.list} */
  async list(): Promise<WorkerInspection[]> {
    await this.adoptOrphans();
    return [...this.#workers.values()].map(inspection);
  }

  /** Always `unsupported`: there is no isolation to look at from inside. */
  probeInside(_ref: WorkerRef): Promise<IsolationProbe> {
    return Promise.resolve({
      outcome: 'unsupported',
      reason: 'a process worker runs without isolation of its own, so there is nothing to probe',
    });
  }

  /** {@inheritDoc AgentPool.logs} */
  async *logs(ref: WorkerRef, options: LogOptions = {}): AsyncGenerator<LogLine> {
    const worker = await this.#find(ref);
    if (!worker) {
      throw new PoolError(
        'NOT_FOUND',
        `no worker ${ref.agentId}, generation ${ref.generation}, is known here`,
      );
    }
    yield* worker.output.ring.read(options);
  }

  /** {@inheritDoc AgentPool.stats} */
  async stats(ref: WorkerRef): Promise<WorkerStats | undefined> {
    const worker = await this.#find(ref);
    if (!worker?.identity || worker.exit || !this.capabilities.has('stats')) return undefined;
    return measureTree(treeMembers(await readProcessTable(), worker.identity, worker.escaped));
  }

  /** {@inheritDoc AgentPool.events} */
  events({
    signal,
    since,
  }: {
    readonly signal: AbortSignal;
    readonly since?: string;
  }): AsyncIterable<PoolEvent> {
    return this.#events.listen(signal, since);
  }

  /**
   * Goes on with the workers that a killed control plane of the same owner left behind: each whose pid, start time and boot
   * are the recorded ones is this pool's from now on. Of a worker that has ended meanwhile it kills what is left. Every
   * other method does this first; without `stateDir` there is nothing to go by and the answer is empty.
   */
  adoptOrphans(): Promise<readonly AdoptedWorker[]> {
    return (this.#adoption ??= this.#adopt().catch((error: unknown) => {
      this.#adoption = undefined;
      throw error;
    }));
  }

  /** Ends every worker, with `closeGraceMs` of grace, and refuses later starts. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([this.#adoption, ...this.#turns.values()]);
    const grace = this.#options.closeGraceMs;
    const stops = [...this.#workers.values()].map((worker) => worker.stop(grace, 'the control plane stops'));
    const results = await Promise.allSettled(stops);
    for (const timer of this.#timers ?? []) clearInterval(timer);
    this.#timers = [];
    this.#events.close();
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #start(spec: WorkerSpec): Promise<WorkerHandle> {
    const hash = specHash(spec);
    const current = this.#workers.get(spec.agentId);
    if (current) {
      const known = current.facts.ref.generation;
      if (known === spec.generation && current.facts.specHash !== hash) {
        throw new PoolError(
          'SPEC_INVALID',
          `generation ${known} of ${spec.agentId} runs another specification`,
          {
            key: 'generation',
            fix: 'raise the generation for every start',
          },
        );
      }
      if (known === spec.generation && !current.exit) return current.handle;
      if (known >= spec.generation) {
        throw new PoolError(
          'GENERATION_STALE',
          `generation ${spec.generation} of ${spec.agentId} ${known === spec.generation ? 'has ended' : `is older than ${known}`}`,
          { key: 'generation', fix: 'raise the generation for every start' },
        );
      }
      // Also when it has ended: what survived its kill must be dead, or the agent would run twice.
      await current.stop(0, `replaced by generation ${spec.generation}`);
    }
    const directory = await stat(spec.agentRoot).catch(() => undefined);
    if (!directory?.isDirectory()) {
      throw new PoolError('SPEC_INVALID', `agentRoot: ${spec.agentRoot} is not a directory`, {
        key: 'agentRoot',
      });
    }
    await this.#book.open();
    this.#refuseClosed();
    const worker = this.#spawn(spec, hash);
    // Known before the first await, so that a close meanwhile finds it.
    this.#workers.set(spec.agentId, worker);
    try {
      this.#book.write(worker.facts, worker);
      await worker.spawned();
      this.#book.write(worker.facts, worker);
    } catch (error) {
      // Without a record nobody would find the worker after a crash of this process: do not let it run.
      if (worker.identity) await worker.stop(0, 'the start failed');
      else this.#book.forget(worker.facts.ref);
      if (current) this.#workers.set(spec.agentId, current);
      else this.#workers.delete(spec.agentId);
      throw error;
    }
    const { engineId, startedAt } = worker.handle;
    const { agentId, generation } = spec;
    this.#events.emit({ kind: 'started', agentId, generation, time: startedAt, engineId });
    this.#startTimers();
    return worker.handle;
  }

  #spawn(spec: WorkerSpec, hash: string): WorkerProcess {
    const { agentId, generation, user } = spec;
    const { stateDir, logBytes, openLog } = this.#options;
    const ref = { agentId, generation };
    const own = process.getuid?.() ?? -1;
    const facts: WorkerFacts = {
      ref,
      specHash: hash,
      startedAt: new Date().toISOString(),
      uid: own === 0 ? (user?.uid ?? own) : own,
    };
    // Before the spawn: whoever finds this record looks for the process that holds its output file.
    this.#book.write(facts);
    try {
      const child = spawnChild(spec, this.#options);
      const output = new WorkerOutput(ref, logBytes, openLog);
      for (const name of ['stdout', 'stderr'] as const) {
        const stream = child.streams[name];
        if (stream) output.attach(stream, name);
        else if (stateDir !== undefined) output.follow(spoolPath(stateDir, ref, name), name);
      }
      return new WorkerProcess(facts, child, output, this.#observer);
    } catch (cause) {
      this.#book.forget(ref);
      throw new PoolError('START_FAILED', 'the worker program could not be started', { cause });
    }
  }

  async #adopt(): Promise<readonly AdoptedWorker[]> {
    const { stateDir } = this.#options;
    if (stateDir === undefined) return [];
    await this.#book.open();
    const adopted: AdoptedWorker[] = [];
    for (const orphan of await this.#book.orphans()) {
      const worker = await this.#goOnWith(orphan, stateDir);
      const { agentId, generation } = worker.facts.ref;
      const older = this.#workers.get(agentId);
      this.#workers.set(agentId, worker);
      // An agent never runs twice.
      await older?.stop(0, `replaced by generation ${generation}`);
      if (worker.hasExited()) await worker.ended;
      adopted.push({ agentId, generation, outcome: worker.exit ? 'ended' : 'adopted' });
    }
    if (adopted.length === 0) return [];
    const table = await readProcessTable();
    for (const worker of this.#workers.values()) {
      worker.watch(table);
      this.#book.update(worker);
    }
    this.#startTimers();
    return adopted;
  }

  async #goOnWith({ record, identity }: Orphan, stateDir: string): Promise<WorkerProcess> {
    const { agentId, generation, specHash: hash, startedAt, uid, escaped, read } = record;
    const ref = { agentId, generation };
    const output = new WorkerOutput(ref, this.#options.logBytes, this.#options.openLog);
    await output.recall();
    for (const name of ['stdout', 'stderr'] as const)
      output.follow(spoolPath(stateDir, ref, name), name, read[name]);
    const facts: WorkerFacts = { ref, specHash: hash, startedAt, uid };
    const known = identity ? escaped : [];
    return new WorkerProcess(facts, followOrphan(identity), output, this.#observer, known);
  }

  #ended(worker: WorkerProcess, exit: WorkerExit): void {
    if (worker.survivors.length === 0) this.#book.forget(worker.facts.ref);
    this.#events.emit({ kind: 'exited', ...worker.facts.ref, time: new Date().toISOString(), exit });
  }

  #startTimers(): void {
    this.#timers ??= [
      setInterval(() => void this.#lookAround(), this.#options.watchIntervalMs).unref(),
      setInterval(() => void this.#keepOutput(), KEEP_MS).unref(),
    ];
  }

  async #lookAround(): Promise<void> {
    const running = [...this.#workers.values()].filter((worker) => !worker.exit);
    if (running.length === 0) return;
    const table = await readProcessTable().catch(() => undefined);
    if (table) for (const worker of running) worker.watch(table);
  }

  async #keepOutput(): Promise<void> {
    const running = [...this.#workers.values()].filter((worker) => !worker.exit);
    await Promise.all(
      running.map(async (worker) => {
        if (await worker.output.keep()) this.#book.update(worker);
      }),
    );
  }

  async #find({ agentId, generation }: WorkerRef): Promise<WorkerProcess | undefined> {
    await this.adoptOrphans();
    const worker = this.#workers.get(agentId);
    return worker?.facts.ref.generation === generation ? worker : undefined;
  }

  #refuseClosed(): void {
    if (this.#closed) throw new PoolError('CLOSED', 'the pool was closed');
  }

  /** Starts of one agent run one after the other: between the look and the spawn nobody else may start it. */
  #inTurn<T>(agentId: string, action: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(agentId) ?? Promise.resolve()).then(action, action);
    this.#turns.set(agentId, turn);
    const leave = (): void => {
      if (this.#turns.get(agentId) === turn) this.#turns.delete(agentId);
    };
    turn.then(leave, leave);
    return turn;
  }
}

function inspection(worker: WorkerProcess): WorkerInspection {
  const { agentId, generation, engineId, startedAt } = worker.handle;
  return {
    agentId,
    generation,
    engineId,
    startedAt,
    specHash: worker.facts.specHash,
    state: worker.exit ? 'exited' : 'running',
    level: LEVEL,
    attested: 'none',
    effective: {},
    ...(worker.exit ? { exit: worker.exit } : {}),
  };
}
