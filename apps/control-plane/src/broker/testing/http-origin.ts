import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that an origin has seen, whole. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A real HTTP server on a loopback port. */
export interface HttpOrigin {
  readonly url: string;
  readonly port: number;
  readonly seen: SeenRequest[];
  /** Resolves when a client has gone away before its answer was complete. */
  readonly abandoned: Promise<void>;
  close(): Promise<void>;
}

/** Starts an origin; the handler is called once the body of the request is there. */
export async function httpOrigin(
  handle: (request: SeenRequest, response: ServerResponse) => void | Promise<void>,
): Promise<HttpOrigin> {
  const seen: SeenRequest[] = [];
  let leave = (): void => undefined;
  const abandoned = new Promise<void>((resolve) => (leave = resolve));
  const server = createServer((request, response) => {
    response.once('close', () => {
      if (!response.writableFinished) leave();
    });
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const whole: SeenRequest = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      seen.push(whole);
      await handle(whole, response);
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    seen,
    abandoned,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers with server-sent events, one write for each given text; `end: false` leaves the stream open. */
export async function sendEvents(
  response: ServerResponse,
  writes: readonly string[],
  options: { readonly end?: boolean } = {},
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const text of writes) {
    response.write(text);
    // A tick between writes, so that they arrive as chunks of their own.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  if (options.end !== false) response.end();
}
