import type { SendRequest } from './api-client.js';

/** Longer than a server that does too much at once takes for the little that is asked in this way. */
const ANSWER_MS = 30_000;

/**
 * Gives a `fetch` that fails like one that reaches nobody when no answer comes in time. For what a whole page, or every
 * tab, waits for: a connection that died without a word would hold it for as long as the browser likes.
 */
export function inTime(send: SendRequest, milliseconds = ANSWER_MS): SendRequest {
  return async (request) => {
    const deadline = AbortSignal.timeout(milliseconds);
    try {
      return await send(new Request(request, { signal: AbortSignal.any([request.signal, deadline]) }));
    } catch (error) {
      throw deadline.aborted ? new TypeError('no answer in time', { cause: error }) : error;
    }
  };
}
