import { PoolError } from '@clawforce/pool-core';
import { probeConfiners } from '@clawforce/policy-shell/run';
import { openLoggers } from '../log/logger.js';
import { readSettings, SettingsError, type SettingsFlags } from '../settings/index.js';
import { StorageError } from '../storage/index.js';
import { dashboardDirectory } from '../ui/dashboard-files.js';
import { banner, startReport, type BannerFacts } from './banner.js';
import { startControlPlane, type ControlPlane } from './control-plane.js';
import { fileGuardOf } from './file-guard.js';
import { openBackend } from './open-backend.js';

/** Exit codes of `clawforce serve` besides 0. */
const EXIT = { failed: 1, usage: 64 } as const;
/** A stop that takes longer is cut short. */
const STOP_MS = 20_000;

/**
 * Runs the control plane until it is told to stop; gives the exit code. With `json` each line of standard output is one JSON
 * value: the report of the start, which is the one with a `url`, or its error, and what is logged.
 */
export async function serve(flags: SettingsFlags, { json }: { readonly json: boolean }): Promise<number> {
  if (process.platform === 'win32') {
    reportFailure(
      {
        error: 'Clawforce does not run on native Windows.',
        code: 'PLATFORM_UNSUPPORTED',
        fix: 'install WSL2 (https://learn.microsoft.com/windows/wsl/install) and start it there.',
      },
      json,
    );
    return EXIT.failed;
  }
  // Heard from now on: a signal during the start is kept for its end.
  outliveReaders();
  const stopped = stopSignal();
  let plane: ControlPlane | undefined;
  let loggers: ReturnType<typeof openLoggers> | undefined;
  try {
    const settings = readSettings({ env: process.env, flags });
    loggers = openLoggers({
      level: settings.logLevel,
      adminDir: settings.adminDir,
      production: settings.mode === 'production',
      json,
    });
    const opened = loggers;
    const progress = json ? process.stderr : process.stdout;
    const say = (sentence: string): void => void progress.write(`${sentence}\n`);
    plane = await startControlPlane(settings, opened, (core) => openBackend(core, opened, say), {
      dashboard: dashboardDirectory(),
    });
    const facts: BannerFacts = {
      settings,
      url: plane.url,
      setupLink: plane.setupLink,
      firstUser: plane.firstUser,
      backend: plane.backend,
      probe: await plane.backend.pool.probe(),
      confiners: await probeConfiners(),
      fileGuard: fileGuardOf(process.platform),
    };
    const colors = process.stdout.isTTY && !process.env['NO_COLOR'];
    process.stdout.write(json ? `${JSON.stringify(startReport(facts))}\n` : banner(facts, colors));
  } catch (error) {
    reportFailure(startFailure(error), json);
    await plane?.close();
    await loggers?.close();
    return error instanceof SettingsError ? EXIT.usage : EXIT.failed;
  }
  const signal = await stopped;
  loggers.app.info(`stopping on ${signal}`);
  const impatient = setTimeout(() => process.exit(EXIT.failed), STOP_MS);
  await plane.close();
  clearTimeout(impatient);
  await loggers.close();
  return 0;
}

/** A server outlives the terminal, or the reader of its output: what is logged then has no reader, and that is all. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', () => undefined);
  }
}

/**
 * Resolves at the first signal to stop; a second one ends the process the hard way. Only a hang-up is no sign of impatience:
 * terminal, shell and `npm start` each send one.
 */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let heard = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (heard && signal === 'SIGHUP') return;
        if (heard) process.exit(EXIT.failed);
        heard = true;
        resolve(signal);
      });
    }
  });
}

interface StartFailure {
  readonly error: string;
  readonly code: string;
  readonly fix?: string | undefined;
}

function startFailure(error: unknown): StartFailure {
  if (error instanceof PoolError) return { error: error.message, code: error.code, fix: error.fix };
  if (error instanceof StorageError && error.code === 'LOCKED') {
    const fix = 'stop the other server, or give this one its own --data-dir.';
    return { error: error.message, code: error.code, fix };
  }
  const { code = 'INTERNAL', message = 'unknown' } = error as { code?: string; message?: string };
  if (error instanceof SettingsError) return { error: message, code };
  if (code === 'EADDRINUSE') {
    const fix = 'stop the other program, or choose another with --port.';
    return { error: 'The port is in use.', code, fix };
  }
  return { error: `The server could not start: ${message}`, code };
}

function reportFailure({ error, code, fix }: StartFailure, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify({ error, code, fix, issues: [] })}\n`);
  process.stderr.write(`${error} (${code})${fix === undefined ? '' : `\nFix: ${fix}`}\n`);
}
