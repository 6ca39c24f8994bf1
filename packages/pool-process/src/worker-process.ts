import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { PoolError } from '@clawforce/pool-core';
import type { StopReport, WorkerExit, WorkerHandle, WorkerSpec } from '@clawforce/pool-core';
import { cleanEnvironment } from './clean-environment.js';
import { describeExit } from './exit-reason.js';
import type { Ending } from './exit-reason.js';
import { killTree, signalProcess } from './kill-tree.js';
import type { CheckedOptions } from './options.js';
import { identify, identifyNow, readProcessTable } from './process-table.js';
import type { ProcessIdentity, ProcessTable } from './process-table.js';
import { isAlive, treeMembers } from './process-tree.js';
import { WorkerOutput } from './worker-output.js';

const POLL_MS = 20;
const WATCH_WHILE_STOPPING_MS = 100;
const DRAIN_MS = 1_000;

/** Who wants to know what becomes of a worker. */
export interface WorkerObserver {
  /** Another set of processes than before is seen to have left the process group. */
  tracked(worker: WorkerProcess): void;
  /** The worker and its whole tree have ended. */
  ended(worker: WorkerProcess, exit: WorkerExit): void;
}

/** One start of one agent as a child process, from spawn until its whole tree is dead. */
export class WorkerProcess {
  readonly spec: WorkerSpec;
  readonly specHash: string;
  readonly output: WorkerOutput;
  readonly startedAt = new Date().toISOString();
  /** Fulfilled when the worker and its whole tree have ended. */
  readonly ended: Promise<WorkerExit>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #observer: WorkerObserver;
  readonly #escaped = new Map<number, ProcessIdentity>();
  #identity: ProcessIdentity | undefined;
  #exit: WorkerExit | undefined;
  #ending: Ending = { kind: 'by-itself' };
  #survivors: readonly ProcessIdentity[] = [];
  #killAt = Number.POSITIVE_INFINITY;
  #stopping: Promise<void> | undefined;

  constructor(spec: WorkerSpec, specHash: string, options: CheckedOptions, observer: WorkerObserver) {
    const [program = '', ...args] = options.command;
    this.spec = spec;
    this.specHash = specHash;
    this.#observer = observer;
    this.#child = spawn(program, args, {
      cwd: spec.agentRoot,
      env: cleanEnvironment(spec, options.path),
      // A session and process group of its own; no terminal, and no descriptor of the control plane.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: false,
      ...(spec.user && process.getuid?.() === 0 ? spec.user : {}),
    });
    this.output = new WorkerOutput(spec, options.logBytes, options.openLog);
    const drained = Promise.all([
      this.output.attach(this.#child.stdout, 'stdout'),
      this.output.attach(this.#child.stderr, 'stderr'),
    ]);
    // Read before the next tick, while Node cannot have reaped the child.
    if (this.#child.pid !== undefined && process.platform === 'linux') {
      this.#identity = identifyNow(this.#child.pid);
    }
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        void this.#finish(code, signal, drained).then(resolve);
      });
    });
  }

  /** The worker's process, once it runs. */
  get identity(): ProcessIdentity | undefined {
    return this.#identity;
  }

  /** Processes seen to have left the worker's process group. */
  get escaped(): readonly ProcessIdentity[] {
    return [...this.#escaped.values()];
  }

  /** How it ended; `undefined` while any process of the tree may live. */
  get exit(): WorkerExit | undefined {
    return this.#exit;
  }

  /** What `start` answers. */
  get handle(): WorkerHandle {
    const { agentId, generation } = this.spec;
    return { agentId, generation, engineId: String(this.#child.pid ?? ''), startedAt: this.startedAt };
  }

  /** Waits until the program runs. @throws PoolError `START_FAILED` */
  async spawned(): Promise<void> {
    try {
      await once(this.#child, 'spawn');
    } catch (cause) {
      this.output.end();
      const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
      throw new PoolError('START_FAILED', `the worker program could not be started: ${code}`, {
        cause,
        fix: 'check that the first word of `command` is an executable file and that agentRoot may be entered',
      });
    }
    // From here on a failed signal must not become an uncaught error.
    this.#child.on('error', () => undefined);
    if (this.#child.pid !== undefined) this.#identity ??= await identify(this.#child.pid);
  }

  /** Notes which processes of the tree have left the process group, so that they are found after a crash too. */
  watch(table: ProcessTable): void {
    const root = this.#identity;
    if (!root || this.#exit) return;
    const before = [...this.#escaped.keys()].join();
    for (const [pid, identity] of this.#escaped) if (!isAlive(table, identity)) this.#escaped.delete(pid);
    for (const { pid, startTime, pgid } of treeMembers(table, root, this.#escaped.values())) {
      if (pgid !== root.pid) this.#escaped.set(pid, { pid, startTime });
    }
    if ([...this.#escaped.keys()].join() !== before) this.#observer.tracked(this);
  }

  /** Asks, waits, kills; fulfilled when the whole tree is dead. A later call can only shorten the grace. */
  async stop(graceMs: number, reason: string): Promise<StopReport> {
    const { agentId, generation } = this.spec;
    const began = performance.now();
    if (this.#exit && this.#survivors.length === 0) {
      return { agentId, generation, outcome: 'absent', exit: this.#exit, tookMs: 0 };
    }
    this.#killAt = Math.min(this.#killAt, began + graceMs);
    this.#stopping ??= this.#stop(graceMs, reason);
    await this.#stopping;
    const exit = await this.ended;
    // What survived an earlier kill gets another one: it may have left the device it waited for.
    if (this.#survivors.length > 0 && this.#identity) {
      this.#survivors = await killTree(this.#identity, this.#survivors);
    }
    if (this.#survivors.length > 0) {
      throw new PoolError(
        'STOP_FAILED',
        `${this.#survivors.length} processes of ${agentId} survived SIGKILL: ${this.#survivors.map(({ pid }) => pid).join(', ')}`,
        { fix: 'look at these processes; they may wait for a device, or run as another user' },
      );
    }
    const outcome = this.#ending.kind === 'killed' ? 'killed' : 'stopped';
    return { agentId, generation, outcome, exit, tookMs: Math.round(performance.now() - began) };
  }

  async #stop(graceMs: number, reason: string): Promise<void> {
    // The tree is looked at before the request: a child whose parent has gone is not found by descent.
    this.watch(await readProcessTable());
    const root = this.#identity;
    if (this.#hasExited()) return;
    if (root && performance.now() < this.#killAt) {
      this.#ending = { kind: 'asked', reason };
      signalProcess(root, 'SIGTERM');
    }
    let lookAt = performance.now() + WATCH_WHILE_STOPPING_MS;
    while (!this.#hasExited() && performance.now() < this.#killAt) {
      await sleep(Math.max(1, Math.min(POLL_MS, this.#killAt - performance.now())));
      if (performance.now() < lookAt) continue;
      this.watch(await readProcessTable());
      lookAt = performance.now() + WATCH_WHILE_STOPPING_MS;
    }
    if (this.#hasExited()) return;
    this.#ending = { kind: 'killed', reason, graceMs };
    if (root) await killTree(root, this.#escaped.values());
    else if (this.#child.pid !== undefined) killGroup(this.#child.pid);
  }

  #hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async #finish(
    code: number | null,
    signal: NodeJS.Signals | null,
    drained: Promise<unknown>,
  ): Promise<WorkerExit> {
    const root = this.#identity;
    if (root) {
      this.#survivors = await killTree(root, this.#escaped.values()).catch(() => [root]);
    } else if (this.#child.pid !== undefined) {
      killGroup(this.#child.pid);
    }
    // A survivor may hold the pipes open for ever.
    const limit = new AbortController();
    await Promise.race([
      drained,
      sleep(DRAIN_MS, undefined, { signal: limit.signal }).catch(() => undefined),
    ]);
    limit.abort();
    this.#exit = describeExit(code, signal, this.#ending);
    this.output.end();
    this.#observer.ended(this, this.#exit);
    return this.#exit;
  }

  /** Processes that outlived the kill; their record stays for the next sweep. */
  get survivors(): readonly ProcessIdentity[] {
    return this.#survivors;
  }
}

/** The last resort where the host did not tell the start time of a child that ended at once. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // ESRCH: the group is empty, which is what was wanted.
  }
}
