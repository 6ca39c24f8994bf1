import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentPool } from '@clawforce/pool-core';
import type { DockerPool } from '@clawforce/pool-docker';
import { ProcessPool } from '@clawforce/pool-process';
import type { AttestWorker } from '../../agents/attest-worker.js';
import type { Failpoint, LifecycleTiming } from '../../agents/lifecycle-parts.js';
import { openLoggers } from '../../log/logger.js';
import { readSettings, type Settings } from '../../settings/index.js';
import type { UserRole } from '../../storage/users/user-store.js';
import { assertDocumented } from './answer-contract.js';
import { startControlPlane, type ControlPlane } from '../control-plane.js';
import type { Core } from '../core.js';
import { openDockerBackend } from '../docker-backend.js';
import { installationId } from '../installation-id.js';

/** A password that the rules accept; made at run time, so that no file has one. */
export const PASSWORD = `${crypto.randomUUID()} of a test`;

const BUILT_WORKER = '../../../../worker/dist/main.js';

/** What a test may decide. */
export interface TestPlaneOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly timing?: Partial<LifecycleTiming>;
  /** One that development would not admit. */
  readonly publicUrl?: string;
  /** Directory of a built dashboard. */
  readonly dashboard?: string;
  /** Workers of the product instead of stand-ins, also without a confiner; they have to be built. */
  readonly realWorkers?: boolean | 'without-confiner';
  /** Workers in containers; `attest` looks at them in another way. */
  readonly docker?: { readonly attest?: AttestWorker } | undefined;
  /** Looks at workers that are processes. */
  readonly attest?: AttestWorker | undefined;
  /** Where the control plane is to be interrupted. */
  readonly failpoint?: (point: Failpoint) => Promise<void> | void;
  /** Continues with the data of an earlier one. */
  readonly dataDir?: string;
}

/** A real control plane on a port of its own, with a process pool of stand-in workers. */
export interface TestPlane {
  readonly plane: ControlPlane;
  readonly core: Core;
  readonly url: string;
  readonly dataDir: string;
  readonly pool: AgentPool;
  /** The docker pool. @throws Error without one */
  docker(): DockerPool;
  /** Creates a user with {@link PASSWORD}; gives the id. */
  user(username: string, role: UserRole): Promise<string>;
  /** Signs in as an API client. */
  login(username: string, password?: string): Promise<{ access: string; refresh: string }>;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Ends the server and keeps the data. */
  stop(): Promise<void>;
  /** Ends the server and removes the data. */
  remove(): Promise<void>;
}

/** What a request carries besides method and path. */
export interface CallOptions {
  readonly token?: string;
  /** Sent as JSON; a text is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer, with its text as sent. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test reads what it expects
  readonly body: any;
}

/** Starts one. */
export async function startTestPlane(options: TestPlaneOptions = {}): Promise<TestPlane> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'cp-')));
  const port = await freePort();
  const settings = readSettings({
    env: {
      ADMIN_STORAGE_ROOT: dataDir,
      ADMIN_RUNTIME_BACKEND: 'process',
      AGENT_RUNTIME_DIR: join(dataDir, 'run'),
      ...options.env,
    },
    flags: { port, logLevel: 'error' },
  });
  const loggers = openLoggers({
    level: 'error',
    adminDir: settings.adminDir,
    production: false,
    silent: true,
  });
  let core: Core | undefined;
  let pool: AgentPool | undefined;
  let docker: DockerPool | undefined;
  const plane = await startControlPlane(
    options.publicUrl === undefined ? settings : withPublicUrl(settings, options.publicUrl),
    loggers,
    async (opened) => {
      core = opened;
      if (options.docker) {
        const owner = await installationId(opened.storage.settings);
        const backend = await openDockerBackend(
          settings,
          owner,
          () => undefined,
          (step) => options.failpoint?.(`pool:${step}`),
        );
        pool = docker = backend.pool;
        return { ...backend, ...options.docker, selection: { kind: 'docker', source: 'environment' } };
      }
      const processes = new ProcessPool({
        command: [
          ...(options.realWorkers === 'without-confiner' ? ['/usr/bin/env', 'AGENT_CONFINER=none'] : []),
          process.execPath,
          fileURLToPath(new URL(options.realWorkers ? BUILT_WORKER : 'stand-in-worker.mjs', import.meta.url)),
        ],
        ownerId: 'test',
        stateDir: join(settings.adminDir, 'pool'),
        openLog: (ref) => opened.workerLogs.open(ref),
      });
      pool = processes;
      return {
        pool,
        selection: { kind: 'process', source: 'environment' },
        ...(options.attest ? { attest: options.attest } : {}),
      };
    },
    {
      // A test that is about something else sees a failed agent stay so.
      timing: { restartMs: 60_000, ...options.timing },
      dashboard: options.dashboard,
      ...(options.failpoint ? { failpoint: options.failpoint } : {}),
    },
  );
  if (!core || !pool) throw new Error('the pool was never asked for');
  const { auth } = core;
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= plane.close().then(() => loggers.close()));
  // The public URL may be another one.
  const url = `http://localhost:${port}`;
  const call = (method: string, path: string, given: CallOptions = {}): Promise<Answer> =>
    request(`${url}${path}`, method, given);
  return {
    plane,
    core,
    pool,
    docker() {
      if (!docker) throw new Error('this control plane has no docker pool');
      return docker;
    },
    url,
    dataDir,
    call,
    stop,
    async user(username, role) {
      return (await auth.createUser(username, role, PASSWORD, 'a test')).id;
    },
    async login(username, password = PASSWORD) {
      const { status, body, text } = await call('POST', '/api/auth/login', {
        body: { username, password, client: 'api' },
      });
      if (status !== 200) throw new Error(`login: ${text}`);
      const { access_token: access, refresh_token: refresh } = body as Record<string, string>;
      return { access: access ?? '', refresh: refresh ?? '' };
    },
    async remove() {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Secrets among the settings are not enumerable, so they are inherited. */
function withPublicUrl(settings: Settings, publicUrl: string): Settings {
  return Object.create(settings, { publicUrl: { value: publicUrl, enumerable: true } }) as Settings;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function request(url: string, method: string, { token, body, headers }: CallOptions): Promise<Answer> {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  const parsed: unknown = json && text !== '' ? JSON.parse(text) : undefined;
  if (parsed !== undefined) assertDocumented(method, url, response.status, parsed);
  return { status: response.status, text, headers: response.headers, body: parsed };
}

/** Waits until `probe` gives something. @throws when it does not within the time. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
