import { BrokerError } from '../broker-error.js';

const MAX_LINE_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;

/**
 * Gives the response with a body that fails once a line is longer than 1 MiB. The SDK's decoder copies what it has of a
 * line with every chunk, so a line without end would cost quadratic time.
 */
export function boundLines(response: Response): Response {
  if (!response.body) return response;
  let line = 0;
  const bounded = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        const last = chunk.lastIndexOf(LINE_FEED);
        line = last === -1 ? line + chunk.byteLength : chunk.byteLength - last - 1;
        if (line > MAX_LINE_BYTES) {
          controller.error(
            new BrokerError(
              'UPSTREAM_NONSENSE',
              'The model provider answered something unusable: a line without end.',
            ),
          );
          return;
        }
        controller.enqueue(chunk);
      },
    }),
  );
  return new Response(bounded, {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
  });
}
