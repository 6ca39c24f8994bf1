import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { verdict } from '../../../tools/bench/goal.js';
import { median, timed } from '../../../tools/bench/time.js';
import { TEST_LABEL, testWorkerImage } from '../../../tools/host/test-image.js';
import { startTestPlane, until } from '../src/server/testing/test-plane.js';

/*
 * What the pool's own benchmark cannot see: the worker of the product, in its image, from the request over its link to the
 * attested state `running`, what it holds when it idles, and a round trip over the socket that it talks through.
 */
const run = promisify(execFile);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);
const PINGS = 2_000;
const MIB = 1024 ** 2;

const sorted = (times: readonly number[]): number[] => [...times].sort((left, right) => left - right);
const at = (times: readonly number[], share: number): number =>
  sorted(times)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Runs inside the worker's container: frames that the server of the link answers by itself. */
const PINGER = `
const { WebSocket } = require(require.resolve('ws', { paths: ['/opt/clawforce/node_modules/engine.io-client'] }));
const socket = new WebSocket('ws+unix:/run/clawforce/link.sock:/api/control/ws/?EIO=4&transport=websocket');
const times = [];
let sent;
const next = () => { sent = process.hrtime.bigint(); socket.ping(); };
socket.on('open', next);
socket.on('pong', () => {
  times.push(Number(process.hrtime.bigint() - sent) / 1e6);
  if (times.length < ${PINGS}) return setImmediate(next);
  console.log(JSON.stringify(times));
  process.exit(0);
});
socket.on('error', (error) => { console.error(String(error)); process.exit(1); });
`;

/** Memory of the worker's own process, as the kernel counts it; the init beside it is not Node. */
async function worker(container: string): Promise<{ rss: number; pss: number }> {
  const { stdout } = await run('docker', ['top', container, '-eo', 'pid,args']);
  const pid = /^\s*(\d+)\s+node\b/m.exec(stdout)?.[1];
  if (pid === undefined) throw new Error(`no worker in ${stdout}`);
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024;
  return { rss: bytes('Rss'), pss: bytes('Pss') };
}

const image = process.env['BENCH_IMAGE'] ?? (await testWorkerImage());
const plane = await startTestPlane({
  env: { ADMIN_RUNTIME_BACKEND: 'docker', AGENT_IMAGE: image },
  docker: {},
  timing: { connectMs: 60_000 },
});
try {
  await plane.user('root', 'superadmin');
  const { access: token } = await plane.login('root');
  const call = (method: string, path: string, body?: object) =>
    plane.call(method, path, { token, ...(body ? { body } : {}) });
  const agents: Record<string, string> = {};
  for (const level of ['permissive', 'sandboxed'] as const) {
    const { body } = await call('POST', '/api/agents', { name: level });
    const id = String(body.id);
    agents[level] = id;
    await call('PATCH', `/api/agents/${id}/config`, { security: { docker: { level } } });
  }
  const stop = (id: string) => call('POST', `/api/agents/${id}/stop`);
  const start = async (id: string): Promise<void> => {
    await call('POST', `/api/agents/${id}/start`);
    await until(
      'the worker',
      async () => {
        const agent = await plane.core.storage.agents.get(id);
        if (agent?.status === 'failed') throw new Error(agent.statusReason ?? 'failed');
        return agent?.status === 'running' && agent.attested === 'matched';
      },
      90_000,
    );
  };
  const bare: number[] = [];
  const starts: Record<string, number[]> = { permissive: [], sandboxed: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const program = ['--entrypoint', 'node', image, '-e', 'console.log("ready")'];
    bare.push(await timed(() => run('docker', ['run', '--rm', '--label', TEST_LABEL, ...program])));
    for (const [level, id] of Object.entries(agents)) {
      starts[level]?.push(await timed(() => start(id)));
      await stop(id);
    }
  }
  const base = median(bare);
  say(`bare docker run of node, to its end (median of ${ROUNDS}): ${base.toFixed(0)} ms`);
  for (const [level, times] of Object.entries(starts)) {
    const own = median(times);
    const bound = 1.5 * base + 600;
    say(
      `request to a connected, attested worker at ${level}: ${own.toFixed(0)} ms = ${(own / base).toFixed(2)}x bare (bound 1.5x + 600 ms = ${bound.toFixed(0)} ms: ${verdict(own <= bound)})`,
    );
  }
  for (const [level, id] of Object.entries(agents)) {
    await start(id);
    await sleep(Number(process.env['BENCH_IDLE_MS'] ?? 5_000));
    const { stdout } = await run('docker', ['ps', '--quiet', '--filter', `label=clawforce.agent=${id}`]);
    const { rss, pss } = await worker(stdout.trim());
    say(
      `idle worker at ${level}: RSS ${(rss / MIB).toFixed(1)} MiB, PSS ${(pss / MIB).toFixed(1)} MiB (bound 80 MiB RSS: ${verdict(rss <= 80 * MIB)})`,
    );
    const { stdout: answer } = await run('docker', ['exec', stdout.trim(), 'node', '-e', PINGER], {
      maxBuffer: 16 * MIB,
    });
    const times = JSON.parse(answer) as number[];
    say(
      `round trip over link.sock from inside at ${level}: median ${median(times).toFixed(3)} ms, p99 ${at(times, 0.99).toFixed(2)} ms of ${times.length} (bound median 1 ms: ${verdict(median(times) < 1)})`,
    );
    await call('DELETE', `/api/agents/${id}`);
  }
} finally {
  await plane.remove();
}
