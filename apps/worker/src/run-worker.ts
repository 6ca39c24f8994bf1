import { createWorker, type WorkerEnd } from '@clawforce/agent-runtime';
import { createConfiner, RunError, type Confiner } from '@clawforce/policy-shell/run';
import { errorFields, type Log } from './json-log.js';
import type { WorkerEnvironment } from './read-environment.js';

/** Runs the worker until it ends. @throws Error when the agent directory cannot be opened. */
export async function runWorker(
  environment: WorkerEnvironment,
  log: Log,
  signal: AbortSignal,
): Promise<WorkerEnd> {
  const confiner = await confinerOfThisHost(log);
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

/** A confiner that has been probed by running a command in it, or why there is none. */
async function confinerOfThisHost(log: Log): Promise<Confiner | { readonly unavailable: string }> {
  try {
    const confiner = await createConfiner({ backend: 'bwrap' });
    log('info', 'commands are confined', { backend: confiner.backend, guarantees: confiner.guarantees });
    return confiner;
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    log('warn', 'commands cannot be confined here; exec will be refused', { reason: error.message });
    return { unavailable: error.message };
  }
}
