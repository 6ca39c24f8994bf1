import { join } from 'node:path';
import type { Decision } from '@clawforce/policy-core';
import { createGate } from '@clawforce/agent-runtime/gate';
import type { CommandResult, WorkerConfig } from '@clawforce/protocol';
import { ApiError } from '../errors/api-error.js';
import type { LinkHub } from '../hub/link-hub.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import type { AgentFiles } from './agent-files.js';

/** What ran when an operator used a tool. */
export type ToolRun = Extract<CommandResult, { kind: 'tool' }>;

/** Lets operators use an agent's tools, and ask what the gate would say, without the model. */
export class ToolService {
  readonly #hub: () => LinkHub | undefined;
  readonly #files: AgentFiles;
  readonly #workerConfig: (agentId: string) => Promise<WorkerConfig>;

  constructor(parts: {
    readonly hub: () => LinkHub | undefined;
    readonly files: AgentFiles;
    readonly workerConfig: (agentId: string) => Promise<WorkerConfig>;
  }) {
    this.#hub = parts.hub;
    this.#files = parts.files;
    this.#workerConfig = parts.workerConfig;
  }

  /** Runs one tool in the agent's worker, through its gate. @throws ApiError, NotConnectedError */
  async run(
    agent: AgentRecord,
    tool: string,
    args: Readonly<Record<string, unknown>>,
    actor: string,
    signal: AbortSignal,
  ): Promise<ToolRun> {
    const hub = this.#hub();
    if (!hub) {
      throw new ApiError(
        'SERVER_NOT_RUNNING',
        'Tools run in a worker, and workers run only while the server runs.',
        {
          fix: 'Start it with "clawforce serve" or "npm start".',
        },
      );
    }
    const report = await withDeadline(
      hub.command(agent.id, { kind: 'tool', session_key: `operator:${actor}`, tool, args, actor }),
      signal,
    );
    if (report.state === 'done' && report.result?.kind === 'tool') return report.result;
    throw new ApiError('TURN_FAILED', report.error?.message ?? 'The worker could not run the tool.');
  }

  /** Gives the gate's decision without running anything: by the worker when it runs, else by the same gate here. */
  async test(
    agent: AgentRecord,
    tool: string,
    args: Readonly<Record<string, unknown>>,
    actor: string,
    signal: AbortSignal,
  ): Promise<{ decision: Decision; judgedBy: 'worker' | 'control-plane' }> {
    const hub = this.#hub();
    if (hub?.session(agent.id)?.connected) {
      const report = await withDeadline(
        hub.command(agent.id, { kind: 'policy_test', tool, args, actor }),
        signal,
      );
      if (report.state === 'done' && report.result?.kind === 'policy_test') {
        return { decision: report.result.decision, judgedBy: 'worker' };
      }
      throw new ApiError('TURN_FAILED', report.error?.message ?? 'The worker could not judge this.');
    }
    const fs = await this.#files.workspace(agent.id);
    const gate = createGate({
      config: await this.#workerConfig(agent.id),
      workspace: join(this.#files.directory(agent.id), 'workspace'),
      fs,
    });
    const { record } = gate.judge(tool, args, { sessionKey: 'policy-test', actor });
    return { decision: record.decision, judgedBy: 'control-plane' };
  }
}

const DEADLINE_MS = 120_000;

function withDeadline<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      reject(
        new ApiError('AGENT_TIMEOUT', `The worker did not answer within ${DEADLINE_MS / 1000} seconds.`),
      );
    }, DEADLINE_MS);
    const gone = (): void => reject(new ApiError('AGENT_TIMEOUT', 'The caller went away.'));
    signal.addEventListener('abort', gone, { once: true });
    work.then(resolve, reject).finally(() => {
      clearTimeout(late);
      signal.removeEventListener('abort', gone);
    });
  });
}
