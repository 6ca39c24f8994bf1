import { spawn } from 'node:child_process';
import { once } from 'node:events';
import ipaddr from 'ipaddr.js';
import { Agent, fetch as undiciFetch, request } from 'undici';
import { createGuardedFetch } from '../src/client/guarded-fetch.js';
import { NetworkSecurityPolicy } from '../src/policy.js';

/** CPU microseconds per call, the least and the median of several rounds: wall time is useless on a shared machine. */
function measure(run: () => void, calls = 100_000, rounds = 7): { min: number; median: number } {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = process.cpuUsage();
    for (let i = 0; i < calls; i += 1) run();
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) / calls);
  }
  times.sort((a, b) => a - b);
  return { min: times[0] ?? 0, median: times[Math.floor(rounds / 2)] ?? 0 };
}

function report(name: string, { min, median }: { min: number; median: number }, unit = 'us'): void {
  console.log(
    `${name.padEnd(46)} min ${min.toFixed(2).padStart(8)} ${unit}   median ${median.toFixed(2).padStart(8)} ${unit}`,
  );
}

const policy = new NetworkSecurityPolicy();
const url = 'https://api.example.com/v1/items?page=2';
console.log('judgement, CPU per call');
report(
  'checkAddress, IPv4',
  measure(() => policy.checkAddress('93.184.215.14')),
);
report(
  'ipaddr.js parse + range, IPv4',
  measure(() => ipaddr.parse('93.184.215.14').range()),
);
report(
  'checkAddress, IPv6',
  measure(() => policy.checkAddress('2606:2800:21f:cb07:6820:80da:af6b:8b2c')),
);
report(
  'ipaddr.js parse + range, IPv6',
  measure(() => ipaddr.parse('2606:2800:21f:cb07:6820:80da:af6b:8b2c').range()),
);
report(
  'checkUrl',
  measure(() => policy.checkUrl(url)),
);
report(
  'new URL',
  measure(() => new URL(url)),
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
const [line] = (await once(server.stdout, 'data')) as [Buffer];
const port = Number(line.toString());

/** CPU microseconds of this process per awaited call, rounds of all variants interleaved. */
async function compare(
  variants: Readonly<Record<string, () => Promise<unknown>>>,
  calls: number,
): Promise<void> {
  const times = new Map<string, number[]>(Object.keys(variants).map((name) => [name, []]));
  for (let round = 0; round < 8; round += 1) {
    for (const [name, run] of Object.entries(variants)) {
      const start = process.cpuUsage();
      for (let i = 0; i < calls; i += 1) await run();
      const { user, system } = process.cpuUsage(start);
      if (round > 0) times.get(name)?.push((user + system) / calls);
    }
  }
  for (const [name, list] of times) {
    list.sort((a, b) => a - b);
    report(name, { min: list[0] ?? 0, median: list[Math.floor(list.length / 2)] ?? 0 });
  }
}

const target = `http://127.0.0.1:${port}/`;
const exceptions = [{ address: '127.0.0.1', port }];
const guarded = createGuardedFetch(new NetworkSecurityPolicy({ exceptions }), {
  limits: { totalMs: 60_000 },
});
const plain = new Agent();
console.log('\nkeep-alive, CPU per request');
await compare(
  {
    'undici.request': async () => (await request(target, { dispatcher: plain })).body.text(),
    'undici.request, guarded dispatcher': async () =>
      (await request(target, { dispatcher: guarded.dispatcher })).body.text(),
    'undici.fetch': async () => (await undiciFetch(target, { dispatcher: plain })).text(),
    'guarded fetch': async () => (await guarded(target)).text(),
  },
  400,
);
console.log('\nfresh connection, CPU per request');
await compare(
  {
    'undici.request, fresh': async () => (await request(`${target}close`, { dispatcher: plain })).body.text(),
    'undici.request, fresh, guarded dispatcher': async () =>
      (await request(`${target}close`, { dispatcher: guarded.dispatcher })).body.text(),
  },
  200,
);

await guarded.close();
await plain.close();
server.kill();
