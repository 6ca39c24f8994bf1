import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { BoundedOutput, type OutputText } from './bounded-output.js';

/** Names of the output streams. */
export type OutputStream = 'stdout' | 'stderr';

/** Called with decoded text as it arrives. */
export type OnOutput = (event: { readonly stream: OutputStream; readonly text: string }) => void;

/** Keeps the output of every command of a run, bounded, and hands it on as it arrives. */
export class OutputCapture {
  readonly #kept: Readonly<Record<OutputStream, BoundedOutput>>;
  readonly #onOutput: OnOutput | undefined;

  constructor(maxBytes: number, onOutput: OnOutput | undefined) {
    this.#kept = { stdout: new BoundedOutput(maxBytes), stderr: new BoundedOutput(maxBytes) };
    this.#onOutput = onOutput;
  }

  /** Takes everything that comes out of a stream. */
  collect(from: Readable | null | undefined, stream: OutputStream): void {
    const decoder = new StringDecoder('utf8');
    from?.on('data', (chunk: Buffer) => {
      this.#kept[stream].add(chunk);
      const text = this.#onOutput ? decoder.write(chunk) : '';
      if (text !== '') this.#onOutput?.({ stream, text });
    });
    from?.on('error', () => undefined);
  }

  /** Adds a line of the runner itself, as a shell would print it. */
  say(stream: OutputStream, text: string): void {
    this.#kept[stream].add(Buffer.from(text));
    this.#onOutput?.({ stream, text });
  }

  read(stream: OutputStream): OutputText {
    return this.#kept[stream].read();
  }
}
