import { watch } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { emptyFile, punchHole } from './free-space.js';
import { LineSplitter } from './line-splitter.js';

/** A file without news is looked at again after so long, should the host not have told of a change. */
const LOOK_AGAIN_MS = 500;
const CHUNK_BYTES = 256 * 1024;
/** Output that was not read yet; what a worker prints beyond it is skipped. */
const MAX_BACKLOG_BYTES = 64 * 1024 * 1024;
/** Space is given back in steps of this size. */
const FREE_STEP_BYTES = 8 * 1024 * 1024;

/** What a {@link SpoolReader} reads, and who takes it. */
export interface SpoolReaderOptions {
  readonly path: string;
  /** Where an earlier control plane had come to. */
  readonly position: number;
  readonly take: (text: string) => void;
  /** Takes a sentence about output that is missing. */
  readonly note: (sentence: string) => void;
  /** Waited for while more is left than one look takes in, so that what takes the lines is not flooded. */
  readonly pace?: () => Promise<void>;
  readonly maxBacklogBytes?: number;
  readonly freeStepBytes?: number;
}

/**
 * Reads what a worker appends to its output file, as lines, and gives the space of what was kept elsewhere back. The file
 * belongs to the worker as much as to the pool: unlike a pipe it neither blocks nor breaks when nobody reads.
 */
export class SpoolReader {
  readonly #options: SpoolReaderOptions;
  readonly #splitter: LineSplitter;
  readonly #done: Promise<void>;
  #offset: number;
  #kept = 0;
  #freed = 0;
  #holes = true;
  #ending = false;
  #news = true;
  #wake: (() => void) | undefined;

  constructor(options: SpoolReaderOptions) {
    this.#options = options;
    this.#offset = options.position;
    this.#splitter = new LineSplitter(options.take);
    this.#done = this.#follow().catch((error: unknown) => {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      options.note(`[the output cannot be read any more: ${code}]`);
    });
  }

  /** The byte behind the last whole line that was given. */
  get position(): number {
    return this.#offset - this.#splitter.pendingBytes;
  }

  /** Says that what was given up to this position is kept elsewhere, so that its space may be given back. */
  keptUpTo(position: number): void {
    this.#kept = position;
    if (position - this.#freed >= this.#freeStep) this.#nudge();
  }

  /** The writers are gone: reads what they left; no line follows. */
  async finish(): Promise<void> {
    this.#ending = true;
    this.#nudge();
    await this.#done;
  }

  get #freeStep(): number {
    return this.#options.freeStepBytes ?? FREE_STEP_BYTES;
  }

  async #follow(): Promise<void> {
    const file = await open(this.#options.path, 'r');
    const stopWatching = watchFor(this.#options.path, () => this.#nudge());
    try {
      for (;;) {
        // Looked up before the read: what was written before the end is seen after it.
        const ending = this.#ending;
        this.#news = false;
        await this.#readAll(file);
        if (ending) break;
        if (this.#kept - this.#freed >= this.#freeStep) await this.#free();
        await this.#change();
      }
      this.#splitter.end();
    } finally {
      stopWatching();
      await file.close();
    }
  }

  async #readAll(file: FileHandle): Promise<void> {
    const { size } = await file.stat();
    if (size < this.#offset) {
      this.#options.note('[the output file was cut short]');
      this.#startOver();
    }
    const limit = this.#options.maxBacklogBytes ?? MAX_BACKLOG_BYTES;
    if (size - this.#offset > limit) {
      const next = size - Math.floor(limit / 2);
      this.#splitter.end();
      this.#options.note(
        `[${next - this.#offset} bytes skipped: the worker prints faster than they are read]`,
      );
      this.#offset = next;
    }
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - this.#offset));
    while (this.#offset < size) {
      const { bytesRead } = await file.read(
        chunk,
        0,
        Math.min(chunk.length, size - this.#offset),
        this.#offset,
      );
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      this.#splitter.push(chunk.subarray(0, bytesRead));
      if (this.#offset < size) await this.#options.pace?.();
    }
  }

  async #free(): Promise<void> {
    const { path } = this.#options;
    this.#holes &&= await punchHole(path, this.#freed, this.#kept);
    if (this.#holes) this.#freed = this.#kept;
    // What was not read yet must not go.
    else if (this.#kept === this.#offset && emptyFile(path, this.#kept)) this.#startOver();
  }

  #startOver(): void {
    this.#splitter.end();
    this.#offset = this.#kept = this.#freed = 0;
  }

  #nudge(): void {
    this.#news = true;
    this.#wake?.();
  }

  #change(): Promise<void> {
    // Something may have been heard of while the file was read.
    if (this.#news) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(wake, LOOK_AGAIN_MS);
      this.#wake = wake;
    });
  }
}

/** Hears of changes where the host tells of them; elsewhere the regular look has to do. */
function watchFor(path: string, changed: () => void): () => void {
  try {
    const watcher = watch(path, { persistent: false }, changed);
    // Too many watches, or a file system without them.
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => undefined;
  }
}
