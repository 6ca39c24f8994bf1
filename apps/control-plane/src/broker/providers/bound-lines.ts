import { BrokerError } from '../broker-error.js';

const MAX_LINE_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Gives the response with a body that hands on whole lines, and fails once a line is longer than 1 MiB. The SDK's decoder
 * copies what it has of a line with every chunk, so a line that came byte by byte would cost quadratic time.
 */
export function boundLines(response: Response): Response {
  if (!response.body) return response;
  let held = Buffer.alloc(0);
  let size = 0;
  const hold = (bytes: Uint8Array): void => {
    if (size + bytes.byteLength > held.length) {
      const larger = Buffer.alloc(Math.max(2 * held.length, size + bytes.byteLength));
      held.copy(larger, 0, 0, size);
      held = larger;
    }
    held.set(bytes, size);
    size += bytes.byteLength;
  };
  const bounded = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        const end = Math.max(chunk.lastIndexOf(LINE_FEED), chunk.lastIndexOf(CARRIAGE_RETURN)) + 1;
        if (end > 0) {
          controller.enqueue(Buffer.concat([held.subarray(0, size), chunk.subarray(0, end)]));
          held = Buffer.alloc(0);
          size = 0;
        }
        hold(chunk.subarray(end));
        if (size > MAX_LINE_BYTES)
          controller.error(
            new BrokerError(
              'UPSTREAM_NONSENSE',
              'The model provider answered something unusable: a line without end.',
            ),
          );
      },
      flush(controller) {
        if (size > 0) controller.enqueue(held.subarray(0, size));
      },
    }),
  );
  return new Response(bounded, {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
  });
}
