/** The client against plain undici and ipaddr.js, in CPU time, in one run. Needs the built package. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import ipaddr from 'ipaddr.js';
import { Agent, fetch as undiciFetch, request } from 'undici';
import { createGuardedFetch, NetworkSecurityPolicy } from '../dist/index.js';
import { compare, cpuPerAwaited, cpuPerCall } from './measure.mjs';

const policy = new NetworkSecurityPolicy();
const four = Array.from({ length: 200 }, (_, i) => `93.184.215.${i + 1}`);
const six = Array.from(
  { length: 200 },
  (_, i) => `2606:2800:21f:cb07:6820:80da:af6b:${(0x8b00 + i).toString(16)}`,
);
const pages = Array.from({ length: 64 }, (_, i) => `https://api.example.com/v1/items/${i}?page=2`);
let fresh = 0;
const judgement = { once: (run) => cpuPerCall(run, 50_000) };

for (const [family, list] of [
  ['IPv4', four],
  ['IPv6', six],
]) {
  await compare(
    `checkAddress, ${family}`,
    ['checkAddress', (i) => policy.checkAddress(list[i % 200])],
    ['ipaddr.js parse and range', (i) => ipaddr.parse(list[i % 200]).range()],
    { ...judgement, goal: ['>=', 5] },
  );
}
await compare(
  'checkUrl, hosts and paths never seen before',
  ['new URL', () => new URL(`https://h${(fresh += 1)}.example.com/v1/items?page=2`)],
  ['checkUrl', () => policy.checkUrl(`https://h${(fresh += 1)}.example.com/v1/items?page=2`)],
  { ...judgement, goal: ['<=', 8] },
);
await compare(
  'checkUrl, pages of one host',
  ['new URL', (i) => new URL(pages[i % 64])],
  ['checkUrl', (i) => policy.checkUrl(pages[i % 64])],
  { ...judgement, goal: ['<=', 8] },
);

// A process of its own, so that the server's CPU time is not counted.
const server = spawn(
  process.execPath,
  [
    '-e',
    `const body = Buffer.alloc(1024, 97);
     const server = require('node:http').createServer((q, r) => {
       if (q.url === '/close') r.setHeader('connection', 'close');
       r.end(body);
     });
     server.keepAliveTimeout = 60000;
     server.listen(0, '127.0.0.1', () => console.log(server.address().port));`,
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const [line] = await once(server.stdout, 'data');
const port = Number(line.toString());
const target = `http://127.0.0.1:${port}/`;
const close = `${target}close`;
const plain = new Agent();
let events = 0;
const guarded = createGuardedFetch(
  new NetworkSecurityPolicy({ exceptions: [{ address: '127.0.0.1', port }] }),
  { limits: { totalMs: 60_000 }, onAudit: () => (events += 1) },
);
const { dispatcher } = guarded;
const requests = (calls, rounds, warmUp) => ({ once: (run) => cpuPerAwaited(run, calls), rounds, warmUp });

await compare(
  'request on a kept-alive connection',
  ['undici.request', async () => (await request(target, { dispatcher: plain })).body.text()],
  ['the same, guarded dispatcher', async () => (await request(target, { dispatcher })).body.text()],
  { ...requests(200, 60, 100), goal: ['<=', 1.1] },
);
await compare(
  'fetch on a kept-alive connection',
  ['undici.fetch', async () => (await undiciFetch(target, { dispatcher: plain })).text()],
  ['guarded fetch', async () => (await guarded(target)).text()],
  { ...requests(200, 40, 20), goal: ['<=', 1.2] },
);
await compare(
  'request on a fresh connection',
  ['undici.request', async () => (await request(close, { dispatcher: plain })).body.text()],
  ['the same, guarded dispatcher', async () => (await request(close, { dispatcher })).body.text()],
  { ...requests(100, 40, 15), goal: ['<=', 1.2] },
);
console.log(`${events} audit events were made`);

await guarded.close();
await plain.close();
server.kill();
