import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SOCKET_NAMES, type WorkerConfig } from '@clawforce/protocol';
import { createWorker, type WorkerEnd, type WorkerLogEntry, type WorkerOptions } from '../index.js';
import type { ModelRetry } from '../turn/model-call.js';
import { FakeControlPlane } from './fake-control-plane.js';
import { ScriptedBroker } from './scripted-broker.js';

/** A valid worker configuration for tests. */
export const testConfig: WorkerConfig = {
  digest: 'digest-1',
  agent: { id: 'agent-1', name: 'Tester' },
  instructions: 'Be brief.',
  model: { name: 'test/model', max_tokens: 1000, temperature: 0 },
  loop: { max_tool_iterations: 10, memory_window: 20, max_tool_output_chars: 16_000 },
  exec: {
    timeout_s: 10,
    policy: { mode: 'allow_all', allow: [], deny: [], relaxed: false },
    confinement: 'required',
    elevation: 'deny',
  },
  approval: { default_mode: 'always_run', per_tool: {} },
  restrict_to_workspace: true,
  ssrf_protection: true,
  web: { allowlist: [], exceptions: [], commands: false },
  exec_env: {},
};

/** A few quick attempts, however slow the machine. */
export const testRetry: ModelRetry = { attempts: 3, baseMs: 5, maxMs: 50, withinMs: 600_000 };

export async function until(condition: () => boolean, what: string, ms = 15_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** An agent directory, a fake control plane and a scripted broker, and the workers that a test starts on them. */
export class Harness {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'clawforce-worker-')));
  readonly agentRoot = join(this.root, 'agent');
  readonly workspace = join(this.agentRoot, 'workspace');
  readonly sockets = join(this.root, 'run');
  readonly plane: FakeControlPlane;
  readonly broker = new ScriptedBroker();
  readonly logs: WorkerLogEntry[] = [];
  readonly #running: { controller: AbortController; end: Promise<WorkerEnd> }[] = [];

  constructor(config: WorkerConfig = testConfig) {
    for (const zone of ['workspace', 'profiles', '.config', '.sessions', '.logs', '.state']) {
      mkdirSync(join(this.agentRoot, zone), { recursive: true });
    }
    mkdirSync(this.sockets, { mode: 0o700 });
    this.plane = new FakeControlPlane(this.sockets, config);
    this.broker.expectedSecret = () => this.plane.secret;
  }

  async open(): Promise<this> {
    await this.plane.start();
    await this.broker.listen(join(this.sockets, SOCKET_NAMES.broker));
    return this;
  }

  /** Starts a worker with a fresh join credential and waits until it has said so. */
  async start(options: Partial<WorkerOptions> = {}): Promise<{ end: Promise<WorkerEnd>; abort: () => void }> {
    this.plane.writeJoin();
    const before = this.plane.activity('agent_started').length;
    const controller = new AbortController();
    const worker = createWorker({
      connection: { socketDir: this.sockets },
      agentRoot: this.agentRoot,
      confiner: { unavailable: 'no confiner in this test' },
      timing: { baseMs: 5, maxMs: 40 },
      modelRetry: testRetry,
      onLog: (entry) => this.logs.push(entry),
      ...options,
    });
    const end = worker.run(controller.signal);
    this.#running.push({ controller, end });
    await Promise.race([
      until(() => this.plane.activity('agent_started').length > before, 'agent_started'),
      end.then((early) => {
        throw new Error(`the worker ended: ${early.reason}: ${early.message}`);
      }),
    ]);
    return { end, abort: () => controller.abort() };
  }

  async close(): Promise<void> {
    for (const { controller } of this.#running) controller.abort();
    await Promise.all(this.#running.map(({ end }) => end.catch(() => undefined)));
    await this.plane.kill();
    await this.broker.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}
