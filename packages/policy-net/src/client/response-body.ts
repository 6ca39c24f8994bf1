import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { Response } from 'undici';
import type { Hop } from './hop.js';

/**
 * Gives the response with its decoded body counted against the limits of the hop. Nothing is buffered: a chunk is
 * pulled when the consumer asks for one, so that a bomb stops at the cap and not in memory.
 */
export function countDecoded(response: Response, body: NodeReadableStream<Uint8Array>, hop: Hop): Response {
  const reader = body.getReader();
  const counted = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            hop.end();
            controller.close();
          } else if (hop.decoded(value.byteLength)) controller.enqueue(value);
          else controller.error(hop.failure);
        } catch (error) {
          controller.error(hop.translate(error));
        }
      },
      async cancel(reason) {
        hop.end();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  const { status, statusText, headers, url } = response;
  const guarded = new Response(counted, { status, statusText, headers });
  return describe(guarded, { url });
}

/** Sets the read-only facts of a response that its constructor does not take. */
export function describe(response: Response, facts: { url?: string; redirected?: boolean }): Response {
  for (const [name, value] of Object.entries(facts)) Object.defineProperty(response, name, { value });
  return response;
}
