import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_MS = 60_000;
const STOP_MS = 30_000;
const VERB_MS = 60_000;

/** A process, its output so far, and its exit code. */
function launch(command, args, cwd, env) {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const started = { child, output: '', ended: undefined };
  const take = (text) => (started.output += text);
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  child.once('error', (error) => take(error.message));
  started.ended = new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 1));
  });
  return started;
}

/** The exit code, or a kill and 124 when it does not come in time. */
async function within(started, milliseconds) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => {
      started.child.kill('SIGKILL');
      resolve(124);
    }, milliseconds);
  });
  const code = await Promise.race([started.ended, late]);
  clearTimeout(timer);
  return code;
}

async function banner(server) {
  const until = Date.now() + START_MS;
  for (;;) {
    if (/Stop with Ctrl\+C/.test(server.output)) return /is running at (\S+)/.exec(server.output)?.[1];
    if (server.child.exitCode !== null || Date.now() > until)
      throw new Error(`no banner came:\n${server.output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Gives what is wrong with the dashboard at the address, or undefined. */
async function dashboardProblem(url) {
  const page = await fetch(url, { headers: { accept: 'text/html' } });
  const html = await page.text();
  const nonce = /<script[^>]* nonce="([^"]+)"/.exec(html)?.[1];
  const script = /<script[^>]* src="([^"]+)"/.exec(html)?.[1];
  if (page.status !== 200 || nonce === undefined || script === undefined)
    return `GET / is not the dashboard: ${page.status}\n${html.slice(0, 500)}`;
  if (!page.headers.get('content-security-policy')?.includes(`'nonce-${nonce}'`))
    return 'the policy of the page does not admit its own script';
  const code = await fetch(new URL(script, url));
  const type = code.headers.get('content-type') ?? '';
  return code.status === 200 && type.startsWith('text/javascript')
    ? undefined
    : `${script} is ${code.status} ${type}`;
}

/**
 * Uses the installed command as its users do: serves, shows the dashboard, runs the demo agent in a worker of the installed
 * package and stops. Gives the problem, or undefined.
 */
export async function checkProduct(project) {
  // Not below the project: the path of a socket must not be long.
  const home = mkdtempSync(join(tmpdir(), 'cf-pack-'));
  const command = join(project, 'node_modules/.bin/clawforce');
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    ADMIN_STORAGE_ROOT: join(home, 'data'),
    AGENT_RUNTIME_DIR: join(home, 'run'),
    ADMIN_RUNTIME_BACKEND: 'process',
  };
  const clawforce = async (args, expected) => {
    const verb = launch(command, args, project, env);
    const code = await within(verb, VERB_MS);
    if (code !== 0 || !expected.test(verb.output))
      throw new Error(`clawforce ${args.join(' ')} ended with ${code}:\n${verb.output}`);
  };
  const server = launch(command, ['serve', '--port', '0'], project, env);
  try {
    const problem = await dashboardProblem(await banner(server));
    if (problem !== undefined) return problem;
    await clawforce(['agent', 'start', 'demo'], /demo is running/);
    await clawforce(['agent', 'send', 'demo', 'Do your job.'], /10 tool calls were refused/);
    server.child.kill('SIGTERM');
    const code = await within(server, STOP_MS);
    return code === 0 ? undefined : `serve ended with ${code} on SIGTERM:\n${server.output}`;
  } finally {
    server.child.kill('SIGKILL');
    await server.ended;
    rmSync(home, { recursive: true, force: true });
  }
}
