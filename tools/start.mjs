import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import { chooseBackend } from './setup/choose-backend.mjs';
import { ensureInstalled } from './setup/ensure-installed.mjs';
import { root } from './setup/local-bin.mjs';

await ensureInstalled();
if (!(await build({ product: true }))) {
  console.error('The build failed, so nothing was started. See the messages above.');
  process.exit(1);
}

const configured = process.env.ADMIN_RUNTIME_BACKEND || undefined;
const choice = await chooseBackend(configured);
console.log(choice.said);

const main = join(root, 'apps/control-plane/dist/main.js');
const child = spawn(process.execPath, [main, 'serve', ...choice.flags, ...process.argv.slice(2)], {
  stdio: 'inherit',
  // Half of the threads look names up for agents; the program itself could not say it any more (decision 0193).
  env: { UV_THREADPOOL_SIZE: '32', ...process.env, ...choice.env },
});

const forward = (signal) =>
  process.on(signal, () => {
    // A terminal sends Ctrl-C to the whole foreground group, so the child has it already; a second one would be
    // read as impatience.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) forward(signal);

child.once('error', (error) => {
  console.error(`The control plane could not be started: ${error.message}`);
  process.exitCode = 1;
});
child.once('exit', (code, signal) => {
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
});
