import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import type { ReadableByteStreamController, UnderlyingByteSource } from 'node:stream/web';
import { codingsOf } from './content-codings.js';
import type { Hop } from './hop.js';

/** Bytes that wait for the reader before the connection is asked to stop. */
const READ_AHEAD = 64 * 1024;

/** The body of a response between the parser and whoever reads it. */
export interface IncomingBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** Takes bytes from the wire; `false` asks to stop until `more` is called. */
  readonly write: (chunk: Buffer) => boolean;
  /** The wire has no more. */
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
}

/** How a body talks back to its connection. */
export interface BodySource {
  readonly more: () => void;
  readonly cancel: () => void;
}

/** Gives the body, decoded and counted if it has content codings. The codings have been judged. */
export function openBody(
  hop: Hop,
  headers: readonly (readonly [name: string, value: string])[],
  source: BodySource,
): IncomingBody {
  if (!hop.coded) return plainBody(source);
  const header = headers
    .filter(([name]) => name.toLowerCase() === 'content-encoding')
    .map(([, value]) => value);
  return codedBody(hop, codingsOf(header.join(',')), source);
}

interface Sink {
  readonly stream: ReadableStream<Uint8Array>;
  /** Gives whether there is room for more. */
  readonly push: (chunk: Buffer) => boolean;
  readonly close: () => void;
  readonly fail: (error: unknown) => void;
}

function openSink(pull: () => void, cancel: () => void): Sink {
  let controller: ReadableByteStreamController | undefined;
  let open = true;
  const source: UnderlyingByteSource = {
    type: 'bytes',
    start: (given) => {
      controller = given;
    },
    pull,
    cancel: () => {
      open = false;
      cancel();
    },
  };
  const stream: ReadableStream<Uint8Array> = new ReadableStream(source, { highWaterMark: READ_AHEAD });
  return {
    stream,
    push: (chunk) => {
      if (!open || controller === undefined) return true;
      // A copy: the stream takes the memory away from whoever gave it, and that memory holds other chunks too.
      controller.enqueue(new Uint8Array(chunk));
      return (controller.desiredSize ?? 0) > 0;
    },
    close: () => {
      if (!open) return;
      open = false;
      controller?.close();
      // A reader that waits with a buffer of its own is answered only so.
      controller?.byobRequest?.respond(0);
    },
    fail: (error) => {
      if (!open) return;
      open = false;
      controller?.error(error);
    },
  };
}

function plainBody({ more, cancel }: BodySource): IncomingBody {
  const sink = openSink(more, cancel);
  return { stream: sink.stream, write: sink.push, end: sink.close, fail: sink.fail };
}

function codedBody(hop: Hop, codings: readonly string[], { more, cancel }: BodySource): IncomingBody {
  let chain: readonly Transform[] | undefined;
  const stop = (): void => {
    for (const decoder of chain ?? []) decoder.destroy();
  };
  const sink = openSink(
    () => void chain?.at(-1)?.resume(),
    () => {
      stop();
      cancel();
    },
  );
  const fail = (error: unknown): void => {
    sink.fail(error);
    stop();
  };
  const build = (first: Buffer): readonly Transform[] => {
    // The last coding that was applied is the first to be taken off (RFC 9110 section 8.4).
    const decoders = [...codings]
      .reverse()
      .map((coding, i) => decoderOf(coding, i === 0 ? first : undefined));
    decoders.forEach((decoder, i) => {
      decoder.on('error', (error) => {
        fail(hop.translate(new TypeError('terminated', { cause: error })));
        cancel();
      });
      const following = decoders[i + 1];
      if (following === undefined) return;
      // What is between two codings is work and memory too, even where nothing comes out in the end.
      decoder.on('data', (chunk: Buffer) => hop.decoded(chunk.length));
      decoder.pipe(following);
    });
    decoders.at(-1)?.on('data', (chunk: Buffer) => {
      // Passing a limit fails the hop, and the hop this body.
      if (hop.decoded(chunk.length) && !sink.push(chunk)) decoders.at(-1)?.pause();
    });
    decoders.at(-1)?.on('end', () => {
      hop.end();
      sink.close();
    });
    decoders[0]?.on('drain', more);
    return decoders;
  };
  return {
    stream: sink.stream,
    write: (chunk) => {
      chain ??= build(chunk);
      return chain[0]?.write(chunk) ?? true;
    },
    end: () => {
      if (chain !== undefined) chain[0]?.end();
      else {
        hop.end();
        sink.close();
      }
    },
    fail,
  };
}

function decoderOf(coding: string, first: Buffer | undefined): Transform {
  // Servers cut the end of a coded body often enough: what is there is given, as browsers do.
  const flush = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
  if (coding === 'br') {
    const operation = constants.BROTLI_OPERATION_FLUSH;
    return createBrotliDecompress({ flush: operation, finishFlush: operation });
  }
  if (coding !== 'deflate') return createGunzip(flush);
  // Some send it without the zlib header that RFC 9110 section 8.4.1.2 asks for.
  const hasHeader = first === undefined || ((first[0] ?? 0) & 0x0f) === 0x08;
  return hasHeader ? createInflate(flush) : createInflateRaw(flush);
}
