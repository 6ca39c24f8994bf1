import type { Response } from 'express';

/** A server-sent event stream that is read with fetch. */
export interface EventStream {
  send(event: string, data: unknown, id?: number): void;
  /** Whether the reader is gone or too slow. */
  readonly closed: boolean;
  end(): void;
}

const PING_MS = 15_000;
/** A reader that leaves this much unread is dropped; it resumes from its last id. */
const MAX_BUFFERED = 4 * 1024 * 1024;

/** Starts a stream of server-sent events; pings keep proxies from cutting it. */
export function startEventStream(response: Response, signal: AbortSignal): EventStream {
  response.status(200).set({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  let closed = signal.aborted;
  const write = (text: string): void => {
    if (closed) return;
    response.write(text);
    if (response.writableLength > MAX_BUFFERED) {
      stop();
      response.destroy();
    }
  };
  const ping = setInterval(() => write('event: ping\ndata: {}\n\n'), PING_MS);
  const stop = (): void => {
    closed = true;
    clearInterval(ping);
  };
  const finish = (): void => {
    stop();
    response.end();
  };
  if (signal.aborted) finish();
  else signal.addEventListener('abort', finish, { once: true });
  return {
    send: (event, data, id) =>
      write(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`),
    get closed() {
      return closed;
    },
    end: finish,
  };
}
