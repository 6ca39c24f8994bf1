import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hostProblem } from './host-check.mjs';
import { isInstalled, markInstalled } from './install-state.mjs';
import { root } from './local-bin.mjs';

const HEARTBEAT_MS = 15_000;

function npmCommand(args) {
  const script = process.env.npm_execpath;
  return script?.endsWith('.js') ? [process.execPath, [script, ...args]] : ['npm', args];
}

function install() {
  const count = Object.keys(
    JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages,
  ).length;
  console.log(`Installing ${count} packages from the lock file. This happens once and takes about a minute.`);
  const started = Date.now();
  const heartbeat = setInterval(() => {
    console.log(`  still installing, ${Math.round((Date.now() - started) / 1000)} s so far`);
  }, HEARTBEAT_MS);
  const [command, args] = npmCommand([
    'ci',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`npm ci ended with ${code ?? signal}`)),
    );
  }).finally(() => clearInterval(heartbeat));
}

/**
 * Makes sure that this host can run the repository and that `node_modules` matches the lock file; installs
 * otherwise. Ends the process with a sentence when that cannot be had.
 */
export async function ensureInstalled() {
  const problem = hostProblem(process.version, process.platform);
  if (problem !== undefined) {
    console.error(problem);
    process.exit(1);
  }
  if (isInstalled(root)) return;
  try {
    await install();
  } catch (error) {
    console.error(
      `The packages could not be installed: ${error.message}. Check the network and the messages above, then run the same command again.`,
    );
    process.exit(1);
  }
  markInstalled(root);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await ensureInstalled();
