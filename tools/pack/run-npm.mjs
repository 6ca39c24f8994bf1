import { spawn } from 'node:child_process';

/** Runs npm and gives its exit code, standard output and standard error. */
export function runNpm(args, cwd) {
  const script = process.env.npm_execpath;
  const [command, rest] = script?.endsWith('.js') ? [process.execPath, [script, ...args]] : ['npm', args];
  // Settings of the npm that runs this script would reach the inner one and change what it does.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_(local_prefix|prefix|global)|package_|lifecycle_)/i.test(name),
    ),
  );
  return new Promise((resolve) => {
    const child = spawn(command, rest, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.once('error', (error) => resolve({ code: 127, stdout, stderr: stderr + error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}
