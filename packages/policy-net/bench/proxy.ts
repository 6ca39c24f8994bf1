import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Agent, ProxyAgent, request } from 'undici';
import { NetworkSecurityPolicy } from '../src/policy.js';
import { createEgressProxy } from '../src/proxy/egress-proxy.js';

// A process of its own, so that neither the target's memory nor its CPU time is counted.
const target = spawn(
  process.execPath,
  [
    '-e',
    `const server = require('node:http').createServer((q, r) =>
       r.end(Buffer.alloc(q.url === '/big' ? 256 * 2 ** 20 : 1024, 97)));
     server.keepAliveTimeout = 60000;
     server.headersTimeout = 0;
     server.listen(0, '127.0.0.1', () => console.log(server.address().port));`,
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const [line] = (await once(target.stdout, 'data')) as [Buffer];
const port = Number(line.toString());
const policy = new NetworkSecurityPolicy({ exceptions: [{ address: '127.0.0.1', port }] });
const proxy = createEgressProxy({
  identify: () => 'a1',
  policyFor: () => policy,
  limits: { maxTunnels: Infinity },
});
const { address } = await proxy.listen({ port: 0 });
const uri = `http://127.0.0.1:${address.port ?? 0}`;

const direct = new Agent();
const tunnelled = new ProxyAgent({ uri, proxyTunnel: true });
for (const [name, url, calls] of [
  ['small request, kept alive, wall us', `http://127.0.0.1:${port}/`, 1_000],
  ['256 MiB, wall us', `http://127.0.0.1:${port}/big`, 1],
] as const) {
  for (const [how, dispatcher] of [
    ['direct', direct],
    ['through a tunnel', tunnelled],
  ] as const) {
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const start = performance.now();
      for (let i = 0; i < calls; i += 1)
        await (await request(url, { dispatcher })).body.dump({ limit: 2 ** 40 });
      times.push(((performance.now() - start) * 1_000) / calls);
    }
    times.sort((a, b) => a - b);
    console.log(name.padEnd(40), how.padEnd(18), (times[2] ?? 0).toFixed(0));
  }
}

// The clients' sockets live in this process too, so the number is an upper bound.
const sockets: Socket[] = [];
const authority = `127.0.0.1:${port}`;
const open = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) {
    const socket = connect(address.port ?? 0, '127.0.0.1');
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    await once(socket, 'data');
    sockets.push(socket);
  }
};
await open(50);
const before = process.memoryUsage().rss;
await open(1_000);
console.log(
  '1,000 idle tunnels, KiB each, client end included',
  (process.memoryUsage().rss - before) / 1_024_000,
);
for (const socket of sockets) socket.destroy();
await Promise.all([direct.close(), tunnelled.close()]);
await proxy.close();
target.kill();
