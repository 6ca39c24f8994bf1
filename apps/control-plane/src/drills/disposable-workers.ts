import { setTimeout as sleep } from 'node:timers/promises';
import type { IsolationLevel } from '@clawforce/pool-core';
import { LOCAL_USER_ID, type Actor, type AgentService } from '../agents/agent-service.js';
import type { AgentLifecycle } from '../agents/lifecycle.js';
import type { ConfigService } from '../config/config-service.js';
import type { AgentRecord, Storage } from '../storage/index.js';
import { admittedOverrides } from './admitted-overrides.js';

/** What {@link DisposableWorkers} works with. */
export interface DisposableParts {
  readonly storage: Storage;
  readonly agents: AgentService;
  readonly configs: ConfigService;
  readonly lifecycle: AgentLifecycle;
  /** Backend that they are meant for. */
  readonly mode: string;
  readonly log: (message: string, detail: object) => void;
}

/** An agent that is made for one drill. */
export interface DisposableAgent {
  readonly id: string;
  readonly name: string;
  readonly level: IsolationLevel;
  /** The agent whose isolation and policy it gets. */
  readonly like?: AgentRecord | undefined;
}

const CONNECT_MS = 60_000;
const SYSTEM: Actor = { userId: LOCAL_USER_ID, role: 'superadmin' };

/** Agents of a drill: started through the real lifecycle, removed with everything that belongs to them. */
export class DisposableWorkers {
  readonly #parts: DisposableParts;

  constructor(parts: DisposableParts) {
    this.#parts = parts;
  }

  /** Makes the agent and its worker; resolves when that has connected. @throws Error with why it did not */
  async start(wanted: DisposableAgent, signal: AbortSignal): Promise<AgentRecord> {
    const { lifecycle, storage } = this.#parts;
    await this.#make(wanted);
    await lifecycle.start(wanted.id, 'drill');
    const deadline = performance.now() + CONNECT_MS;
    for (;;) {
      const agent = await storage.agents.get(wanted.id);
      if (agent?.status === 'running') return agent;
      if (agent?.status === 'failed') throw new Error(agent.statusReason ?? 'The worker failed.');
      if (performance.now() > deadline) throw new Error('The worker did not connect.');
      await sleep(100, undefined, { signal });
    }
  }

  /** Removes what is there of them; gives the ids of those that could not be removed. */
  async remove(ids: readonly string[]): Promise<string[]> {
    const { storage, agents, log } = this.#parts;
    const left: string[] = [];
    for (const id of ids) {
      const agent = await storage.agents.get(id);
      if (!agent) continue;
      await agents.remove(agent, SYSTEM).catch((error: unknown) => {
        left.push(id);
        log('a disposable worker could not be removed', { agent: id, cause: String(error) });
      });
    }
    return left;
  }

  /** An agent like the model, without its secrets, providers and files. */
  async #make({ id, name, level, like: model }: DisposableAgent): Promise<void> {
    const { agents, configs, storage, mode } = this.#parts;
    const like = model && (await configs.effective(model.id, 'a drill'));
    await agents.create({ id, name, mode }, SYSTEM);
    const made = await storage.agents.get(id);
    if (!made) throw new Error('The disposable agent could not be made.');
    await configs.replace(
      made,
      {
        security: { docker: { ...(like ? admittedOverrides(level, like.docker) : {}), level } },
        tools: {
          exec: { timeout: 30, ...(like ? { policy: like.exec.policy } : {}) },
          ...(like
            ? { restrict_to_workspace: like.restrict_to_workspace, ssrf_protection: like.ssrf_protection }
            : {}),
          ...(like
            ? { web: { fetch: { allowlist: like.web.allowlist, exceptions: like.web.exceptions } } }
            : {}),
        },
      },
      { actor: SYSTEM, like },
    );
  }
}
