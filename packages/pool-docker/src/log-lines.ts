import type { LogLine } from '@clawforce/pool-core';
import { StreamFrames } from './stream-frames.js';

/** Longest line that is kept whole; a longer one comes in pieces. */
const MAX_LINE = 64 * 1024;

type Stream = LogLine['stream'];

/** Turns an engine's log stream, in which each line starts with a time, into lines. */
export class LogLines {
  readonly #frames = new StreamFrames();
  readonly #rest: Record<Stream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };

  /** Takes the next chunk and gives the lines that are now complete. */
  push(chunk: Buffer): LogLine[] {
    return this.#frames.push(chunk).flatMap(({ stream, bytes }) => this.#take(stream, bytes));
  }

  /** Gives what is left when the stream has ended without a line end. */
  end(): LogLine[] {
    return (['stdout', 'stderr'] as const).flatMap((stream) => {
      const rest = this.#rest[stream];
      this.#rest[stream] = Buffer.alloc(0);
      return rest.length === 0 ? [] : [lineOf(stream, rest.toString('utf8'))];
    });
  }

  #take(stream: Stream, text: Buffer): LogLine[] {
    let bytes = Buffer.concat([this.#rest[stream], text]);
    const lines: LogLine[] = [];
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a)) {
      lines.push(lineOf(stream, bytes.toString('utf8', 0, end)));
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > MAX_LINE) {
      lines.push(lineOf(stream, bytes.toString('utf8')));
      bytes = Buffer.alloc(0);
    }
    this.#rest[stream] = Buffer.from(bytes);
    return lines;
  }
}

function lineOf(stream: Stream, raw: string): LogLine {
  const match = /^(\d{4}-\d\d-\d\dT\S+) ?/.exec(raw);
  const time = match?.[1] === undefined ? Number.NaN : Date.parse(match[1]);
  const known = match !== null && !Number.isNaN(time);
  const text = (known ? raw.slice(match[0].length) : raw).replace(/\r$/, '');
  return { time: new Date(known ? time : Date.now()).toISOString(), stream, text };
}
