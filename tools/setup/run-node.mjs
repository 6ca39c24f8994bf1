import { spawn } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import { root } from './local-bin.mjs';

/**
 * Runs a script with this Node and gives its exit code and output. `quiet` keeps the output back, so that the caller
 * shows it only on failure; `nice` (up to 19) lets others run first. A script that cannot run or is killed has a code other than 0.
 */
export function runNode(
  script,
  args = [],
  { quiet = false, nice = 0, cwd = root, env = {}, timeoutMs } = {},
) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd,
      env: { ...process.env, NX_DAEMON: 'false', ...env },
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    });
    if (nice > 0 && child.pid !== undefined) lower(child.pid, nice);
    let output = '';
    const take = (chunk) => (output += chunk);
    child.stdout?.setEncoding('utf8').on('data', take);
    child.stderr?.setEncoding('utf8').on('data', take);
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            output += `\nstopped after ${timeoutMs} ms\n`;
            child.kill('SIGKILL');
          }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve({ code: 127, output: output + error.message });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** Only a courtesy: whoever runs at a lower priority already may not raise it, and the process may be gone. */
function lower(pid, nice) {
  try {
    setPriority(pid, Math.max(nice, getPriority()));
  } catch {
    // It runs as it is.
  }
}
