import type { AgentPool, WorkerRef } from '@clawforce/pool-core';
import { setTimeout as sleep } from 'node:timers/promises';

/** Another worker that listens on a port of its own network. */
export interface Neighbour {
  readonly address: string;
  readonly port: number;
  /** Ends the listener. */
  close(): void;
}

const PORT = 7777;
const WITHIN_MS = 20_000;

const LISTEN = `require('net').createServer((s) => s.destroy()).listen(${PORT}, '0.0.0.0')`;

/** Prints its address once something on it answers: a refusal that is seen later is then one. */
const ADDRESS = `const own = Object.values(require('os').networkInterfaces()).flat()
  .find(({ internal, family }) => !internal && family === 'IPv4');
if (!own) process.exit(3);
require('net').connect(${PORT}, own.address)
  .on('connect', () => { console.log(own.address); process.exit(0); })
  .on('error', () => process.exit(4));`;

/**
 * Lets a program listen inside another worker, started by the engine.
 *
 * @throws Error when it does not come to listen.
 */
export async function openNeighbour(pool: Pick<AgentPool, 'exec'>, ref: WorkerRef): Promise<Neighbour> {
  if (!pool.exec) throw new Error('This pool cannot run a program inside a worker.');
  const listener = new AbortController();
  const env = { NODE_OPTIONS: '' };
  pool
    .exec(ref, ['node', '-e', LISTEN], { env, timeoutMs: 30 * 60_000, signal: listener.signal })
    // Ends with its worker at the latest.
    .catch(() => undefined);
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const { code, stdout } = await pool.exec(ref, ['node', '-e', ADDRESS], { env });
    if (code === 0) return { address: stdout.trim(), port: PORT, close: () => listener.abort() };
    if (performance.now() > deadline) {
      listener.abort();
      throw new Error('The neighbour of the drill did not come to listen.');
    }
    await sleep(100);
  }
}
