import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLine, WorkerRef } from '@clawforce/pool-core';
import { LineSplitter } from './line-splitter.js';
import { LogRing } from './log-ring.js';
import type { LogSink } from './options.js';
import { SpoolReader } from './spool-reader.js';
import type { SpoolPositions } from './worker-record.js';

const DRAIN_MS = 1_000;

type StreamName = LogLine['stream'];

/** Collects a worker's two output streams as lines into the ring and the caller's sink. */
export class WorkerOutput {
  readonly ring: LogRing;
  readonly #spools = new Map<StreamName, SpoolReader>();
  readonly #drains: (() => Promise<void>)[] = [];
  #kept: SpoolPositions = { stdout: 0, stderr: 0 };
  #keeping = false;
  #sink: LogSink | undefined;

  constructor(ref: WorkerRef, logBytes: number, openLog: ((ref: WorkerRef) => LogSink) | undefined) {
    this.ring = new LogRing(logBytes);
    if (openLog) this.#guard(() => (this.#sink = openLog(ref)));
  }

  /** How far the output files were read into the sink, so that another control plane can go on from there. */
  get kept(): SpoolPositions {
    return this.#kept;
  }

  /** Reads a pipe to its end. */
  attach(stream: Readable, name: StreamName): void {
    const splitter = new LineSplitter((text) => this.#take(name, text));
    const closed = new Promise<void>((resolve) => {
      stream.on('data', (chunk: Buffer) => splitter.push(chunk));
      // An error here is a broken pipe: the output is over, the worker's exit tells the rest.
      stream.on('error', () => undefined);
      stream.once('close', () => {
        splitter.end();
        resolve();
      });
    });
    // A process that survived the kill may hold a pipe open for ever.
    this.#drains.push(() => Promise.race([closed, sleep(DRAIN_MS, undefined, { ref: false })]));
  }

  /** Gives readers what the sink has kept of an earlier control plane. */
  async recall(): Promise<void> {
    try {
      for (const line of (await this.#sink?.kept?.()) ?? []) this.ring.push(line);
    } catch (error) {
      this.#drop(error);
    }
  }

  /** Follows an output file from a position on. */
  follow(path: string, name: StreamName, position = 0): void {
    this.#kept = { ...this.#kept, [name]: position };
    const reader = new SpoolReader({
      path,
      position,
      take: (text) => this.#take(name, text),
      note: (sentence) => this.#take('stderr', sentence),
      pace: () => this.#flushed(),
    });
    this.#spools.set(name, reader);
    this.#drains.push(() => reader.finish());
  }

  /**
   * Waits until the sink has kept what was read; tells whether that is more than before. A line that is read again after
   * a crash is better than one that is lost.
   */
  async keep(): Promise<boolean> {
    const { stdout = 0, stderr = 0 } = Object.fromEntries(
      [...this.#spools].map(([name, { position }]) => [name, position]),
    );
    const same = stdout === this.#kept.stdout && stderr === this.#kept.stderr;
    if (same || this.#keeping) return false;
    this.#keeping = true;
    await this.#flushed();
    this.#keeping = false;
    this.#kept = { stdout, stderr };
    return true;
  }

  /** Says that {@link kept} was written down: the space of that output may be given back. */
  recorded(): void {
    for (const [name, spool] of this.#spools) spool.keptUpTo(this.#kept[name]);
  }

  /** Gives every line that is left; the writers are gone. */
  async drained(): Promise<void> {
    await Promise.all(this.#drains.map((drain) => drain()));
  }

  /** Says that no line follows. */
  end(): void {
    this.ring.end();
    this.#guard(() => this.#sink?.end());
    this.#sink = undefined;
  }

  async #flushed(): Promise<void> {
    try {
      await this.#sink?.flushed?.();
    } catch (error) {
      this.#drop(error);
    }
  }

  #take(stream: StreamName, text: string): void {
    const line: LogLine = { time: new Date().toISOString(), stream, text };
    this.ring.push(line);
    this.#guard(() => this.#sink?.write(line));
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#drop(error);
    }
  }

  #drop(error: unknown): void {
    this.#sink = undefined;
    const text = `[the log sink failed and was dropped: ${error instanceof Error ? error.message : 'unknown'}]`;
    this.ring.push({ time: new Date().toISOString(), stream: 'stderr', text });
  }
}
