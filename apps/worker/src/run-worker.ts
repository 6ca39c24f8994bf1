import { createWorker, type WorkerEnd } from '@clawforce/agent-runtime';
import { chooseConfiner } from './choose-confiner.js';
import { errorFields, type Log } from './json-log.js';
import type { WorkerEnvironment } from './read-environment.js';

/** Runs the worker until it ends. @throws Error when the agent directory cannot be opened. */
export async function runWorker(
  environment: WorkerEnvironment,
  log: Log,
  signal: AbortSignal,
): Promise<WorkerEnd> {
  const confiner = await chooseConfiner(environment.confiner, log);
  const worker = createWorker({
    connection: environment.connection,
    agentRoot: environment.agentRoot,
    confiner,
    software: { name: '@clawforce/worker', version: '0.1.0' },
    // Where the kernel offers no race-free walk, the control plane's banner says so.
    allowDetectOnly: process.platform !== 'linux',
    onLog: ({ level, message, cause }) => log(level, message, cause === undefined ? {} : errorFields(cause)),
  });
  return worker.run(signal);
}
