import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PoolError } from '@clawforce/pool-core';
import { DockerPool } from '@clawforce/pool-docker';

const directory = await realpath(await mkdtemp(join(tmpdir(), 'pool-')));
const worker = 'console.log("hello from", process.getuid()); setInterval(() => {}, 1000)';
const pool = new DockerPool({
  image: 'node:22-slim',
  ownerId: 'me',
  proofDir: directory, // where the pool may prove that the engine sees this host's files
  command: ['node', '-e', worker], // default: what the image says
  pull: 'never',
});
const spec = {
  agentId: 'demo',
  generation: 1,
  level: 'sandboxed', // no network, read-only root, no capability
  agentRoot: directory,
  socketDir: directory,
  env: {},
  limits: { memoryBytes: 256 * 1024 ** 2 },
};
try {
  await pool.start(spec);
  console.log((await pool.attest(spec)).reason); // the worker is isolated as requested
  const { outcome, exit } = await pool.stop(spec, { graceMs: 1000, reason: 'that was all' });
  console.log(outcome, '-', exit?.reason); // stopped - stopped on request (that was all), ended with SIGTERM
  await pool.forget('demo');
} catch (error) {
  if (!(error instanceof PoolError)) throw error;
  console.log(error.code, '-', error.message, '-', error.fix); // no engine here, or the image is not on it
} finally {
  await pool.close();
}
