import type { Readable } from 'node:stream';
import type { LogLine, WorkerRef } from '@clawforce/pool-core';
import { LineSplitter } from './line-splitter.js';
import { LogRing } from './log-ring.js';
import type { LogSink } from './options.js';

/** Collects a worker's two output streams as lines into the ring and the caller's sink. */
export class WorkerOutput {
  readonly ring: LogRing;
  #sink: LogSink | undefined;

  constructor(ref: WorkerRef, logBytes: number, openLog: ((ref: WorkerRef) => LogSink) | undefined) {
    this.ring = new LogRing(logBytes);
    if (openLog) this.#guard(() => (this.#sink = openLog(ref)));
  }

  /** Reads a stream to its end; gives when that was. */
  attach(stream: Readable, name: LogLine['stream']): Promise<void> {
    const splitter = new LineSplitter((text) =>
      this.#take({ time: new Date().toISOString(), stream: name, text }),
    );
    return new Promise((resolve) => {
      stream.on('data', (chunk: Buffer) => splitter.push(chunk));
      // An error here is a broken pipe: the output is over, the worker's exit tells the rest.
      stream.on('error', () => undefined);
      stream.once('close', () => {
        splitter.end();
        resolve();
      });
    });
  }

  /** Says that no line follows. */
  end(): void {
    this.ring.end();
    this.#guard(() => this.#sink?.end());
    this.#sink = undefined;
  }

  #take(line: LogLine): void {
    this.ring.push(line);
    this.#guard(() => this.#sink?.write(line));
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#sink = undefined;
      const text = `[the log sink failed and was dropped: ${error instanceof Error ? error.message : 'unknown'}]`;
      this.ring.push({ time: new Date().toISOString(), stream: 'stderr', text });
    }
  }
}
