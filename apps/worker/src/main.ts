#!/usr/bin/env node
import { EXIT_CODES } from './exit-codes.js';
import { createLog, errorFields } from './json-log.js';
import { EnvironmentError, readEnvironment, type WorkerEnvironment } from './read-environment.js';
import { runWorker } from './run-worker.js';

const write = (line: string): void => void process.stdout.write(line);

let environment: WorkerEnvironment | undefined;
try {
  environment = readEnvironment(process.env);
} catch (error) {
  if (!(error instanceof EnvironmentError)) throw error;
  createLog('error', {}, write)('error', error.message, { variable: error.variable });
  process.exitCode = EXIT_CODES.usage;
}

if (environment) {
  const log = createLog(environment.logLevel, { agent_id: environment.agentId }, write);
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      // A second signal means that the person does not want to wait.
      if (controller.signal.aborted) process.exit(EXIT_CODES.failed);
      log('info', `${name}: the worker stops`);
      controller.abort();
    });
  }
  try {
    const end = await runWorker(environment, log, controller.signal);
    const code = EXIT_CODES[end.reason];
    log(code === 0 ? 'info' : 'error', `the worker ended: ${end.message}`, {
      reason: end.reason,
      exit_code: code,
    });
    process.exitCode = code;
  } catch (error) {
    log('error', 'the worker failed', errorFields(error));
    process.exitCode = EXIT_CODES.failed;
  }
}
