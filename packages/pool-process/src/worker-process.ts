import { setTimeout as sleep } from 'node:timers/promises';
import { PoolError } from '@clawforce/pool-core';
import type { StopReport, WorkerExit, WorkerHandle, WorkerRef } from '@clawforce/pool-core';
import { describeExit } from './exit-reason.js';
import type { Ending } from './exit-reason.js';
import { killTree, signalProcess } from './kill-tree.js';
import { readProcessTable } from './process-table.js';
import type { ProcessIdentity, ProcessTable } from './process-table.js';
import { isAlive, treeMembers } from './process-tree.js';
import type { ChildExit, WorkerChild } from './worker-child.js';
import type { WorkerOutput } from './worker-output.js';

const POLL_MS = 20;
const WATCH_WHILE_STOPPING_MS = 100;

/** Who wants to know what becomes of a worker. */
export interface WorkerObserver {
  /** Another set of processes than before is seen to have left the process group. */
  tracked(worker: WorkerProcess): void;
  /** The worker and its whole tree have ended. */
  ended(worker: WorkerProcess, exit: WorkerExit): void;
}

/** What is known of a worker besides its processes. */
export interface WorkerFacts {
  readonly ref: WorkerRef;
  readonly specHash: string;
  readonly startedAt: string;
  /** User that it runs as; -1 where that is not known. */
  readonly uid: number;
}

/** One start of one agent as a process of this host, from spawn or adoption until its whole tree is dead. */
export class WorkerProcess {
  readonly facts: WorkerFacts;
  readonly output: WorkerOutput;
  /** Fulfilled when the worker and its whole tree have ended. */
  readonly ended: Promise<WorkerExit>;
  readonly #child: WorkerChild;
  readonly #observer: WorkerObserver;
  readonly #escaped = new Map<number, ProcessIdentity>();
  #exit: WorkerExit | undefined;
  #ending: Ending = { kind: 'by-itself' };
  #survivors: readonly ProcessIdentity[] = [];
  #killAt = Number.POSITIVE_INFINITY;
  #stopping: Promise<void> | undefined;

  /** `escaped` are processes that an earlier control plane saw leave the group. */
  constructor(
    facts: WorkerFacts,
    child: WorkerChild,
    output: WorkerOutput,
    observer: WorkerObserver,
    escaped: readonly ProcessIdentity[] = [],
  ) {
    this.facts = facts;
    this.output = output;
    this.#child = child;
    this.#observer = observer;
    for (const identity of escaped) this.#escaped.set(identity.pid, identity);
    this.ended = child.exited.then((exit) => this.#finish(exit));
  }

  /** The worker's process, once it runs. */
  get identity(): ProcessIdentity | undefined {
    return this.#child.identity;
  }

  /** Processes seen to have left the worker's process group. */
  get escaped(): readonly ProcessIdentity[] {
    return [...this.#escaped.values()];
  }

  /** How it ended; `undefined` while any process of the tree may live. */
  get exit(): WorkerExit | undefined {
    return this.#exit;
  }

  /** Whether its first process has ended, though its tree may not have been cleared yet. */
  hasExited(): boolean {
    return this.#child.hasExited();
  }

  /** What `start` answers. */
  get handle(): WorkerHandle {
    const { ref, startedAt } = this.facts;
    return { ...ref, engineId: String(this.#child.pid ?? ''), startedAt };
  }

  /** Waits until the program runs. @throws PoolError `START_FAILED` */
  async spawned(): Promise<void> {
    try {
      await this.#child.spawned();
    } catch (error) {
      await this.output.drained();
      this.output.end();
      throw error;
    }
  }

  /** Notes which processes of the tree have left the process group, so that they are found after a crash too. */
  watch(table: ProcessTable): void {
    const root = this.identity;
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
    const { agentId, generation } = this.facts.ref;
    const began = performance.now();
    if (this.#exit && this.#survivors.length === 0) {
      return { agentId, generation, outcome: 'absent', exit: this.#exit, tookMs: 0 };
    }
    this.#killAt = Math.min(this.#killAt, began + graceMs);
    this.#stopping ??= this.#stop(graceMs, reason);
    await this.#stopping;
    const exit = await this.ended;
    // What survived an earlier kill gets another one: it may have left the device it waited for.
    if (this.#survivors.length > 0 && this.identity) {
      this.#survivors = await killTree(this.identity, this.#survivors);
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
    const root = this.identity;
    if (this.#child.hasExited()) return;
    if (root && performance.now() < this.#killAt) {
      this.#ending = { kind: 'asked', reason };
      signalProcess(root, 'SIGTERM');
    }
    let lookAt = performance.now() + WATCH_WHILE_STOPPING_MS;
    while (!this.#child.hasExited() && performance.now() < this.#killAt) {
      await sleep(Math.max(1, Math.min(POLL_MS, this.#killAt - performance.now())));
      if (performance.now() < lookAt) continue;
      this.watch(await readProcessTable());
      lookAt = performance.now() + WATCH_WHILE_STOPPING_MS;
    }
    if (this.#child.hasExited()) return;
    this.#ending = { kind: 'killed', reason, graceMs };
    if (root) await killTree(root, this.#escaped.values());
    else if (this.#child.pid !== undefined) killGroup(this.#child.pid);
  }

  async #finish({ code, signal }: ChildExit): Promise<WorkerExit> {
    const root = this.identity;
    if (root) {
      this.#survivors = await killTree(root, this.#escaped.values()).catch(() => [root]);
    } else if (this.#child.pid !== undefined) {
      killGroup(this.#child.pid);
    }
    await this.output.drained();
    this.#exit = describeExit(code, signal, this.#ending);
    this.output.end();
    this.#observer.ended(this, this.#exit);
    return this.#exit;
  }

  /** Processes that outlived the kill; their record stays for the next control plane. */
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
