import { FormData, Response } from 'undici';

/** What undici sends. */
export type OutgoingBody = Uint8Array | AsyncIterable<Uint8Array>;

/** A request body in the form that is sent, with the media type that it brings along. */
export interface ReadyBody {
  readonly body: OutgoingBody | undefined;
  readonly type: string | undefined;
}

/** Gives a body as fetch sends it (Fetch section 5.2, "extract a body"). @throws TypeError for a stream that is in use. */
export async function readyBody(body: unknown): Promise<ReadyBody> {
  if (body === undefined || body === null) return { body: undefined, type: undefined };
  if (body instanceof URLSearchParams) {
    return { body: Buffer.from(body.toString()), type: 'application/x-www-form-urlencoded;charset=UTF-8' };
  }
  // Copied: the caller may go on with its own memory.
  if (body instanceof ArrayBuffer) return { body: Buffer.from(body.slice(0)), type: undefined };
  if (ArrayBuffer.isView(body)) {
    return { body: Buffer.from(Buffer.from(body.buffer, body.byteOffset, body.byteLength)), type: undefined };
  }
  if (body instanceof FormData || body instanceof Blob) {
    const whole = new Response(body as ConstructorParameters<typeof Response>[0]);
    return {
      body: Buffer.from(await whole.arrayBuffer()),
      type: whole.headers.get('content-type') ?? undefined,
    };
  }
  if (body instanceof ReadableStream) {
    if (body.locked) throw new TypeError('the body is a stream that is being read already');
    return { body: body as unknown as AsyncIterable<Uint8Array>, type: undefined };
  }
  if (typeof body === 'object' && Symbol.asyncIterator in body) {
    return { body: body as AsyncIterable<Uint8Array>, type: undefined };
  }
  if (typeof body === 'object' || typeof body === 'function' || typeof body === 'symbol') {
    throw new TypeError('the body must be text, bytes, form data, a blob or a stream');
  }
  return { body: Buffer.from(String(body as string | number)), type: 'text/plain;charset=UTF-8' };
}
