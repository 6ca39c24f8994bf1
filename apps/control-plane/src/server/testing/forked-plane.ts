import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** A control plane in a process of its own, which a test may kill. */
export interface ForkedPlane {
  readonly child: ChildProcess;
  readonly url: string;
  readonly token: string;
}

/** Waits for a message of a control plane that has this key. */
export function hears<T extends object>(child: ChildProcess, key: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const listen = (message: T): void => {
      if (key in message) resolve(message);
    };
    child.on('message', listen);
    child.once('exit', (code) => reject(new Error(`the control plane ended at once: ${code ?? 'killed'}`)));
  });
}

/** Starts the bundled `crash-plane.ts`; without `workers` they are stand-ins. */
export async function forkPlane(
  program: string,
  dataDir: string,
  { workers, env = {} }: { readonly workers?: string | undefined; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<ForkedPlane> {
  const child = fork(program, [dataDir, ...(workers === undefined ? [] : [workers])], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  });
  return { child, ...(await hears<{ url: string; token: string }>(child, 'url')) };
}

/** Ends one, and waits for it. */
export async function endPlane({ child }: ForkedPlane, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/** Asks one something over its API. */
export async function callPlane(
  { url, token }: ForkedPlane,
  method: string,
  path: string,
  body?: object,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  return (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
}

/** Processes that work in a directory, whoever started them. */
export function processesIn(directory: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^[0-9]+$/.test(pid)) return false;
    try {
      return readlinkSync(join('/proc', pid, 'cwd')) === directory;
    } catch {
      return false;
    }
  });
}
