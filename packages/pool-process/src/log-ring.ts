import type { LogLine, LogOptions } from '@clawforce/pool-core';

const DEFAULT_TAIL = 200;
const LINE_OVERHEAD = 64;

/** The latest output of one worker, bounded in bytes, with any number of readers at their own pace. */
export class LogRing {
  readonly #maxBytes: number;
  readonly #waiting = new Set<() => void>();
  #lines: LogLine[] = [];
  #first = 0;
  #head = 0;
  #bytes = 0;
  #ended = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Adds a line and drops the oldest ones that no longer fit. */
  push(line: LogLine): void {
    this.#lines.push(line);
    this.#bytes += weigh(line);
    while (this.#bytes > this.#maxBytes && this.#lines.length - this.#head > 1) {
      const oldest = this.#lines[this.#head];
      if (oldest) this.#bytes -= weigh(oldest);
      this.#head += 1;
      this.#first += 1;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#lines.length) {
      this.#lines = this.#lines.slice(this.#head);
      this.#head = 0;
    }
    this.#wake();
  }

  /** Says that no line follows; readers that follow come to their end. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Gives the latest lines and, when following, every later one. A reader that fell behind is told how far. */
  async *read(options: LogOptions = {}): AsyncGenerator<LogLine> {
    const { tail = DEFAULT_TAIL, follow = false, signal } = options;
    let next = Math.max(this.#first, this.#end() - tail);
    while (!signal?.aborted) {
      if (next < this.#first) {
        yield {
          ...this.#at(this.#first),
          text: `[${this.#first - next} lines dropped: the reader is too slow]`,
        };
        next = this.#first;
      } else if (next < this.#end()) {
        yield this.#at(next);
        next += 1;
      } else if (follow && !this.#ended) {
        await this.#change(signal);
      } else {
        return;
      }
    }
  }

  #end(): number {
    return this.#first + this.#lines.length - this.#head;
  }

  #at(sequence: number): LogLine {
    const line = this.#lines[this.#head + sequence - this.#first];
    if (!line) throw new RangeError(`line ${sequence} is not in the ring`);
    return line;
  }

  #wake(): void {
    for (const resume of [...this.#waiting]) resume();
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const resume = (): void => {
        this.#waiting.delete(resume);
        signal?.removeEventListener('abort', resume);
        resolve();
      };
      this.#waiting.add(resume);
      signal?.addEventListener('abort', resume);
    });
  }
}

function weigh(line: LogLine): number {
  return Buffer.byteLength(line.text) + LINE_OVERHEAD;
}
