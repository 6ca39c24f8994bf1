import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Delta, LinkRequest, OutboxItem, SessionEntry, WorkerConfig } from '@clawforce/protocol';
import { openAgentSockets, type AgentSockets } from '../agent-sockets.js';
import { LinkHub, type HubPorts, type HubTiming } from '../link-hub.js';

/** A secret that no file of the repository contains. */
export function freshSecret(): string {
  return `cfj_${randomBytes(24).toString('hex')}`;
}

/** A real hub on real unix sockets, with a store in memory that keeps the sequence. */
export class HubHarness {
  readonly hub: LinkHub;
  readonly joins = new Map<string, string>();
  readonly stored: { agentId: string; epoch: number; item: OutboxItem }[] = [];
  readonly refused: { agentId: string; what: string }[] = [];
  readonly welcomed: string[] = [];
  readonly disconnected: string[] = [];
  readonly deltas: { agentId: string; delta: Delta }[] = [];
  readonly requests: { agentId: string; request: LinkRequest }[] = [];
  readonly resumeDigests: string[] = [];
  readonly provenDigests: string[] = [];
  /** Who may work; everybody unless set. */
  admit: HubPorts['admit'] = () => Promise.resolve({ admitted: true });
  /** Set to make the store slow or broken. */
  beforeStore: () => Promise<void> = () => Promise.resolve();
  /** What a question for history is answered with. */
  entries: readonly SessionEntry[] = [];
  /** Digest of the configuration that a welcome carries. */
  digest = 'digest-1';
  beforeConfig: () => Promise<void> = () => Promise.resolve();
  readonly #acks = new Map<string, number>();
  readonly #epochs = new Map<string, number>();
  readonly #sockets = new Map<string, AgentSockets>();
  readonly #wires = new Set<Duplex>();
  #directory: string | undefined;

  constructor(timing: Partial<HubTiming> = {}) {
    const ports: HubPorts = {
      openEpoch: (agentId, secret) => {
        if (this.joins.get(secret) !== agentId) return Promise.resolve(undefined);
        this.joins.delete(secret);
        const epoch = (this.#epochs.get(agentId) ?? 0) + 1;
        this.#epochs.set(agentId, epoch);
        return Promise.resolve({ epoch, generation: epoch, ack: this.#acks.get(agentId) ?? 0 });
      },
      saveResume: (_agentId, _epoch, digest) => {
        this.resumeDigests.push(digest);
        return Promise.resolve();
      },
      onResumeProven: (_agentId, _epoch, digest) => void this.provenDigests.push(digest),
      admit: (session) => this.admit(session),
      workerConfig: async (agentId) => {
        await this.beforeConfig();
        return workerConfigOf(agentId, this.digest);
      },
      storeEvents: async (agentId, epoch, items) => {
        await this.beforeStore();
        if (epoch !== this.#epochs.get(agentId)) return { fenced: true };
        let ack = this.#acks.get(agentId) ?? 0;
        for (const item of items) {
          if (item.seq <= ack) continue;
          if (item.seq !== ack + 1) return { expected: ack + 1 };
          this.stored.push({ agentId, epoch, item });
          this.#acks.set(agentId, (ack = item.seq));
        }
        return { ack };
      },
      onDelta: (agentId, delta) => void this.deltas.push({ agentId, delta }),
      answer: (agentId, request) => {
        this.requests.push({ agentId, request });
        return Promise.resolve({ ok: true, kind: 'history', entries: this.entries });
      },
      onWelcomed: ({ agentId }) => void this.welcomed.push(agentId),
      onDisconnected: ({ agentId }) => void this.disconnected.push(agentId),
      onRefused: (agentId, what) => void this.refused.push({ agentId, what }),
    };
    this.hub = new LinkHub(ports, timing);
  }

  /** Opens an agent's sockets and leaves a join credential; gives the socket directory and the credential. */
  async agent(agentId: string): Promise<{ directory: string; join: string }> {
    this.#directory ??= await mkdtemp(join(tmpdir(), 'hub-'));
    let sockets = this.#sockets.get(agentId);
    if (!sockets) {
      sockets = await openAgentSockets({
        runtimeDir: this.#directory,
        agentId,
        onUpgrade: (request, socket, head) => {
          this.#wires.add(socket);
          this.hub.handleUpgrade(agentId, request, socket, head);
        },
        broker: createServer(),
        egress: listenPlainly,
      });
      this.#sockets.set(agentId, sockets);
    }
    const secret = freshSecret();
    this.joins.set(secret, agentId);
    await sockets.writeJoin(secret);
    return { directory: sockets.directory, join: secret };
  }

  /** Bytes that were read from workers so far. */
  bytesRead(): number {
    return [...this.#wires].reduce((sum, wire) => sum + ((wire as { bytesRead?: number }).bytesRead ?? 0), 0);
  }

  /** Cuts every connection as a failing network does. */
  cutWires(): void {
    for (const wire of this.#wires) wire.destroy();
    this.#wires.clear();
  }

  async close(): Promise<void> {
    await this.hub.close();
    await Promise.all([...this.#sockets.values()].map((sockets) => sockets.close()));
    if (this.#directory) await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Stands for the egress proxy. */
async function listenPlainly(path: string): Promise<() => Promise<void>> {
  const server = createServer().listen(path);
  await once(server, 'listening');
  return () => new Promise((resolve) => server.close(() => resolve()));
}

/** A valid configuration with a digest of its own. */
export function workerConfigOf(agentId: string, digest: string): WorkerConfig {
  return {
    digest,
    agent: { id: agentId, name: 'Tester' },
    instructions: '',
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
}

/** Waits until something holds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
