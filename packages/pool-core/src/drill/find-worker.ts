import type { AgentPool, WorkerRef } from '../agent-pool.js';
import { PoolError } from '../pool-error.js';
import { node } from './drill-case.js';

/** The worker under test as a process, found by the engine and past the worker. */
export interface FoundWorker {
  /** Its number inside the container. */
  readonly pid: number;
  /** Path of the probe for raw system calls; `undefined` where the image has none. */
  readonly probe: string | undefined;
}

/** Where the worker image of this repository has the probe for raw system calls. */
export const DRILL_PROBE_PATH = '/opt/clawforce/bin/clawforce-drill-probe';

const WORKER_PACKAGE = '@clawforce/worker';

/**
 * The worker is the process that runs a file of the installed package, wherever the image has it and by whatever link
 * it was called; the probe is in the image, or in the package for this platform beside the worker.
 */
const PROGRAM = `
const fs = require('fs'), path = require('path');
const packageOf = (file) => {
  for (let at = path.dirname(file); at !== path.dirname(at); at = path.dirname(at)) {
    try { return JSON.parse(fs.readFileSync(path.join(at, 'package.json'), 'utf8')).name; } catch {}
  }
};
const mainOf = (pid) => {
  try {
    // The program that Node runs is the first word that is no option; an init has the same words behind others.
    const words = fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8').split('\\0').slice(1);
    const word = words.find((one) => !/^-./.test(one));
    const file = word && word.startsWith('/') ? fs.realpathSync(word) : undefined;
    return file && packageOf(file) === '${WORKER_PACKAGE}' ? file : undefined;
  } catch { return undefined; }
};
// Where the init was given the same path, its child is the worker.
const [found] = fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))
  .map((pid) => ({ pid: Number(pid), main: mainOf(pid) })).filter(({ main }) => main !== undefined)
  .sort((left, right) => right.pid - left.pid);
if (!found) process.exit(3);
const probes = ['${DRILL_PROBE_PATH}'];
try {
  const beside = require('module').createRequire(found.main);
  probes.push(beside.resolve('@clawforce/confine-' + process.platform + '-' + process.arch + '/clawforce-drill-probe'));
} catch {}
console.log(JSON.stringify({ pid: found.pid, probe: probes.find((name) => fs.existsSync(name)) }));
`;

/**
 * Finds the worker's process and the probe in a running worker.
 *
 * @throws PoolError `UNSUPPORTED` when the pool cannot run programs there, `NOT_FOUND` when no process is the worker.
 */
export async function findWorker(pool: Pick<AgentPool, 'exec'>, ref: WorkerRef): Promise<FoundWorker> {
  if (!pool.exec) throw new PoolError('UNSUPPORTED', 'this pool cannot run a program inside a worker');
  const { code, stdout } = await pool.exec(ref, node(PROGRAM), { env: { NODE_OPTIONS: '' } });
  if (code !== 0) {
    throw new PoolError('NOT_FOUND', `no process of ${WORKER_PACKAGE} runs inside this worker`);
  }
  const { pid, probe } = JSON.parse(stdout) as { pid: number; probe?: string };
  return { pid, probe };
}
