import { join } from 'node:path';
import { Agent, createServer } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { compareCosts } from '../../../tools/bench/compare.js';
import type { EventBatch } from '../src/index.js';
import { connectLink, createMemoryOutbox } from '../src/link/client/index.js';
import { readEventBatch } from '../src/link/index.js';
import { FakeControlPlane } from '../src/testing/fake-control-plane.js';
import { testConfig } from '../src/testing/worker-config.js';

const time = new Date().toISOString();
const batch: EventBatch = {
  items: Array.from({ length: 50 }, (_, at) => ({
    seq: at + 1,
    time,
    type: 'activity' as const,
    event: {
      event_type: 'tool_result' as const,
      content: 'x'.repeat(400),
      tool_name: 'exec',
      result_status: 'ok' as const,
    },
  })),
};
const text = JSON.stringify(batch);
if (readEventBatch(batch) === undefined) throw new Error('the batch is not valid');

await compareCosts(
  'a batch of 50 events',
  {
    'JSON.parse': () => JSON.parse(text) as unknown,
    'JSON.parse and readEventBatch': () => readEventBatch(JSON.parse(text)),
  },
  { calls: 300 },
);

const directory = mkdtempSync(join(tmpdir(), 'clawforce-bench-'));
const http = createServer();
const server = new Server(http, { transports: ['websocket'], serveClient: false });
server.on('connection', (socket) => {
  socket.on('req', (_request: unknown, reply: (answer: unknown) => void) =>
    reply({ ok: true, kind: 'history', entries: [] }),
  );
});
await new Promise<void>((resolve) => http.listen(join(directory, 'bare.sock'), resolve));
class BareAgent extends Agent {
  override createConnection(): Socket {
    return createConnection({ path: join(directory, 'bare.sock') });
  }
}
const bare = io('http://bench', {
  transports: ['websocket'],
  forceNew: true,
  // The type is of the browser's build; in Node it is the agent of the request.
  agent: new BareAgent() as unknown as string,
});

const plane = new FakeControlPlane(testConfig);
plane.writeJoin();
await plane.start();
const link = connectLink(
  { socketDir: plane.directory },
  {
    outbox: createMemoryOutbox(),
    software: { name: 'bench', version: '1' },
    handlers: {
      onWelcome: () => undefined,
      onCommand: () => Promise.resolve({ kind: 'cancel', cancelled: true }),
    },
  },
);
const request = { kind: 'history', session_key: 's', limit: 10 } as const;
if (!(await link.request(request)).ok) throw new Error('no answer over the link');

await compareCosts(
  'one request and its answer over a unix socket, both ends in this process',
  {
    'socket.io alone': () => bare.timeout(5_000).emitWithAck('req', request),
    link: () => link.request(request),
  },
  { calls: 300 },
);
await link.close('the benchmark is over', { flushMs: 0 });
bare.close();
await Promise.all([plane.dispose(), server.close()]);
rmSync(directory, { recursive: true, force: true });
