/**
 * The egress proxy: client (this process), proxy and target are processes of their own, as they are in use, and each
 * measurement goes in turns with the direct way. Clients reach the proxy by its unix socket, as commands of agents do, and by
 * TCP. A forwarder of ten lines without any policy goes along, so that one sees what is Node's share. Needs the built package.
 *
 * Everything is given by wall time and by the processor time of the busiest process. By wall time a tunnel can only be compared
 * where each of the three processes has a core: on two cores the direct way has one for each of its two processes, and the
 * tunnel has to share them, whatever it costs. What the busiest process takes is what bounds a way that has a core for each.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent, ProxyAgent, request } from 'undici';
import { median } from './measure.mjs';

const SIZE = 256 * 2 ** 20;
const SMALL = 500;
const IDLE = 1_000;
const part = async (name, ...args) => {
  const child = fork(fileURLToPath(new URL(`parts/${name}.mjs`, import.meta.url)), args.map(String));
  const [port] = await once(child, 'message');
  return { child, port };
};
const ask = async ({ child }) => {
  child.send('usage');
  const [usage] = await once(child, 'message');
  return usage;
};

const directory = await mkdtemp(join(tmpdir(), 'policy-net-bench-'));
const path = join(directory, 'egress.sock');
const target = await part('target', SIZE);
const proxy = await part('proxy', target.port, path);
const forwarder = await part('forwarder', target.port);
const through = (port, tls = {}) =>
  new ProxyAgent({ uri: `http://127.0.0.1:${port}`, proxyTunnel: true, proxyTls: tls });
const ways = [
  { name: 'direct', dispatcher: new Agent() },
  { name: 'by the unix socket', dispatcher: through(1, { socketPath: path }), middle: proxy },
  { name: 'by TCP', dispatcher: through(proxy.port), middle: proxy },
  { name: 'bare forwarder', dispatcher: through(forwarder.port), middle: forwarder },
];
const url = `http://127.0.0.1:${target.port}/`;

const small = async (dispatcher) => {
  for (let i = 0; i < SMALL; i += 1) await (await request(url, { dispatcher })).body.text();
};
const download = async (dispatcher) => {
  let left = SIZE;
  for await (const chunk of (await request(`${url}big`, { dispatcher })).body) left -= chunk.length;
  if (left !== 0) throw new Error('bytes are missing');
};
const chunk = Buffer.alloc(2 ** 18, 97);
const upload = async (dispatcher) => {
  const body = (function* () {
    for (let sent = 0; sent < SIZE; sent += chunk.length) yield chunk;
  })();
  const headers = { 'content-length': String(SIZE) };
  await (await request(url, { dispatcher, method: 'POST', body, headers })).body.dump();
};

/** Microseconds of processor time that client, middle and target have used. */
const used = async (middle) => {
  const { user, system } = process.cpuUsage();
  return [user + system, middle === undefined ? 0 : (await ask(middle)).cpu, (await ask(target)).cpu];
};
const measure = async (carry, { dispatcher, middle }) => {
  const before = await used(middle);
  const start = performance.now();
  await carry(dispatcher);
  const wall = (performance.now() - start) * 1_000;
  const spent = (await used(middle)).map((time, i) => time - before[i]);
  return { wall, busiest: Math.max(...spent), middle: spent[1] };
};

/** `per` is what one run is divided by, and `bound` how many times the direct way a way may take. */
const compare = async (what, carry, { rounds, per, unit, bound, shown }) => {
  const results = new Map(ways.map(({ name }) => [name, []]));
  for (let round = -2; round < rounds; round += 1) {
    for (const way of round % 2 === 0 ? ways : [...ways].reverse()) {
      const result = await measure(carry, way);
      if (round >= 0) results.get(way.name).push(result);
    }
  }
  console.log(what);
  const base = results.get('direct');
  for (const { name } of ways) {
    const list = results.get(name);
    const times = ['wall', 'busiest', 'middle'].map((key) => median(list.map((one) => one[key] / per)));
    const figures = `wall ${times[0].toFixed(0)}, busiest process ${times[1].toFixed(0)}, proxy ${times[2].toFixed(0)} ${unit}`;
    const ratios = ['wall', 'busiest'].map((key) => median(list.map((one, i) => one[key] / base[i][key])));
    const verdicts = ratios.map((ratio, i) => {
      const met = ratio <= bound ? 'met' : 'MISSED';
      return `${i === 0 ? 'wall' : 'busiest'} ${shown(ratio).toFixed(2)} ${name.startsWith('by') ? met : ''}`.trim();
    });
    console.log(`  ${name.padEnd(20)}${figures}${name === 'direct' ? '' : `; ${verdicts.join(', ')}`}`);
  }
};
await compare('small request, kept alive (goal <= 1.5 times direct)', small, {
  ...{ rounds: 21, per: SMALL, unit: 'us', bound: 1.5, shown: (ratio) => ratio },
});
for (const [what, carry] of [
  ['download', download],
  ['upload', upload],
]) {
  await compare(`${what} (goal >= 0.7 times direct bytes per second)`, carry, {
    ...{
      rounds: 7,
      per: (SIZE / 2 ** 30) * 1_000,
      unit: 'ms per GiB',
      bound: 1 / 0.7,
      shown: (ratio) => 1 / ratio,
    },
  });
}

const sockets = [];
const authority = `127.0.0.1:${target.port}`;
const open = async (count) => {
  for (let i = 0; i < count; i += 1) {
    const socket = connect(proxy.port, '127.0.0.1');
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    await once(socket, 'data');
    sockets.push(socket);
  }
};
await open(100);
const { rss } = await ask(proxy);
await open(IDLE);
const perTunnel = ((await ask(proxy)).rss - rss) / 1_024 / IDLE;
console.log(
  `${IDLE} idle tunnels\n  ${perTunnel.toFixed(1)} KiB each of resident memory, goal <= 64: ${perTunnel <= 64 ? 'met' : 'MISSED'}`,
);
for (const socket of sockets) socket.destroy();
await Promise.all(ways.map(({ dispatcher }) => dispatcher.close()));
for (const { child } of [proxy, forwarder, target]) child.kill();
await rm(directory, { recursive: true });
