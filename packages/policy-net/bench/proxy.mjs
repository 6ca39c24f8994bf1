/**
 * The egress proxy: client (this process), proxy and target are processes of their own, as they are in use. Small
 * requests are wall time each, in turns with the direct way. Needs the built package.
 *
 * Rates are given twice. By wall time a tunnel can only be compared where each of the three processes has a core: on two
 * cores the direct way has one for each of its two processes, and the tunnel has to share them, whatever it costs. So
 * with fewer cores the goal is about the rate by processor time: what the busiest process of the pipeline could carry on
 * a core of its own, which is what bounds the wall time where there are enough.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Agent, ProxyAgent, request } from 'undici';
import { compare, median } from './measure.mjs';

const SIZE = 256 * 2 ** 20;
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

const target = await part('target', SIZE);
const proxy = await part('proxy', target.port);
const direct = new Agent();
const tunnelled = new ProxyAgent({ uri: `http://127.0.0.1:${proxy.port}`, proxyTunnel: true });
const url = `http://127.0.0.1:${target.port}/`;

const small = async (dispatcher) => {
  const start = performance.now();
  for (let i = 0; i < 500; i += 1) await (await request(url, { dispatcher })).body.text();
  return ((performance.now() - start) * 1_000) / 500;
};
const download = async (dispatcher) => {
  const start = performance.now();
  let left = SIZE;
  for await (const chunk of (await request(`${url}big`, { dispatcher })).body) left -= chunk.length;
  if (left !== 0) throw new Error('bytes are missing');
  return SIZE / 2 ** 20 / ((performance.now() - start) / 1_000);
};
const chunk = Buffer.alloc(2 ** 18, 97);
const upload = async (dispatcher) => {
  const start = performance.now();
  const body = (function* () {
    for (let sent = 0; sent < SIZE; sent += chunk.length) yield chunk;
  })();
  const headers = { 'content-length': String(SIZE) };
  await (await request(url, { dispatcher, method: 'POST', body, headers })).body.dump();
  return SIZE / 2 ** 20 / ((performance.now() - start) / 1_000);
};
const pair = [
  ['direct', direct],
  ['through a tunnel', tunnelled],
];
await compare('small request, kept alive', ...pair, { once: small, goal: ['<=', 1.5] });
const rounds = 9;
const warmUp = 2;
const enoughCores = availableParallelism() >= 3;
/** Microseconds of processor time that client, proxy and target have used. */
const used = async () => {
  const { user, system } = process.cpuUsage();
  return [user + system, (await ask(proxy)).cpu, (await ask(target)).cpu];
};
for (const [what, carry] of [
  ['download', download],
  ['upload', upload],
]) {
  const byWall = { [pair[0][0]]: [], [pair[1][0]]: [] };
  const perGiB = [];
  const once = async (dispatcher) => {
    const before = await used();
    const rate = await carry(dispatcher);
    const spent = (await used()).map((time, i) => time - before[i]);
    const [[name]] = pair.filter(([, one]) => one === dispatcher);
    byWall[name].push(rate);
    if (dispatcher === tunnelled) perGiB.push((spent[1] / 1_000) * (2 ** 30 / SIZE));
    return enoughCores ? rate : SIZE / 2 ** 20 / (Math.max(...spent) / 1_000_000);
  };
  const by = enoughCores ? 'by wall time' : 'by processor time of the busiest process';
  await compare(`${what}, ${by}`, ...pair, { once, rounds, warmUp, unit: 'MiB/s', goal: ['>=', 0.7] });
  const [direct, tunnel] = Object.values(byWall).map((rates) => median(rates.slice(warmUp)));
  console.log(
    `  by wall time ${direct.toFixed(0)} and ${tunnel.toFixed(0)} MiB/s: ${(tunnel / direct).toFixed(2)}; the proxy takes ${median(perGiB).toFixed(0)} ms per GiB`,
  );
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
await Promise.all([direct.close(), tunnelled.close()]);
proxy.child.kill();
target.child.kill();
