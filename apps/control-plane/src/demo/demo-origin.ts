import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The small web server of the demonstration, on a loopback port of its own. */
export interface DemoOrigin {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts the web page that tries to lead the demo agent to the control plane. It listens on the wanted port when that is
 * free, so that the exception in the demo agent's configuration stays the same over restarts.
 */
export async function startDemoOrigin(
  controlPlaneUrl: string,
  wantedPort: number | undefined,
): Promise<DemoOrigin> {
  const server = createServer((request, response) => {
    if (request.url === '/redirect') {
      response.writeHead(302, { location: new URL('/api/agents', controlPlaneUrl).href }).end();
    } else {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(
        '<!doctype html><title>Demo</title><h1>Demo origin</h1><p>The page at <a href="/redirect">/redirect</a> leads to the control plane.</p>',
      );
    }
  });
  server.headersTimeout = 5_000;
  try {
    await listen(server, wantedPort ?? 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    await listen(server, 0);
  }
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
