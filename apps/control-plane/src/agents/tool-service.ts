import { join } from 'node:path';
import type { Decision } from '@clawforce/policy-core';
import { createGate } from '@clawforce/agent-runtime/gate';
import type { CommandResult, WorkerConfig } from '@clawforce/protocol';
import { LINK_LIMITS } from '@clawforce/protocol/link';
import { ApiError } from '../errors/api-error.js';
import { commandWithin } from '../hub/command-within.js';
import type { LinkHub } from '../hub/link-hub.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import type { AgentFiles } from './agent-files.js';

/** What ran when an operator used a tool. */
export type ToolRun = Extract<CommandResult, { kind: 'tool' }>;

/** How long a worker's answer is waited for; the defaults are for real use. */
export interface ToolPatience {
  /** For anything but a command. */
  readonly answerMs: number;
  /** Beyond the timeout of a command, which the worker ends itself. */
  readonly graceMs: number;
}

const DEFAULT_PATIENCE: ToolPatience = { answerMs: 120_000, graceMs: 10_000 };

/** Lets operators use an agent's tools, and ask what the gate would say, without the model. */
export class ToolService {
  readonly #hub: () => LinkHub | undefined;
  readonly #files: AgentFiles;
  readonly #workerConfig: (agentId: string) => Promise<WorkerConfig>;
  readonly #execTimeoutS: (agentId: string) => Promise<number>;
  readonly #patience: ToolPatience;

  constructor(parts: {
    readonly hub: () => LinkHub | undefined;
    readonly files: AgentFiles;
    readonly workerConfig: (agentId: string) => Promise<WorkerConfig>;
    /** `tools.exec.timeout` of an agent. */
    readonly execTimeoutS: (agentId: string) => Promise<number>;
    readonly patience?: Partial<ToolPatience>;
  }) {
    this.#hub = parts.hub;
    this.#files = parts.files;
    this.#workerConfig = parts.workerConfig;
    this.#execTimeoutS = parts.execTimeoutS;
    this.#patience = { ...DEFAULT_PATIENCE, ...parts.patience };
  }

  /**
   * Runs one tool in the agent's worker, through its gate. When the caller leaves or the worker takes too long, what runs is
   * cancelled: its result would reach nobody.
   * @throws ApiError, NotConnectedError
   */
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
    checkSize(args);
    const session = `operator:${actor}`;
    const report = await commandWithin(
      hub,
      agent.id,
      { kind: 'tool', session_key: session, tool, args, actor },
      {
        withinMs: await this.#withinMs(agent.id, tool),
        signal,
        onGivenUp: (commandId) => cancelCall(hub, agent.id, session, commandId),
      },
    );
    if (report.state === 'done' && report.result?.kind === 'tool') return report.result;
    throw new ApiError('TURN_FAILED', failureOf(report.error, 'The worker could not run the tool.'));
  }

  /**
   * Gives the gate's decision without running anything: by the worker when it runs, else by the same gate here.
   * @throws ApiError, NotConnectedError
   */
  async test(
    agent: AgentRecord,
    tool: string,
    args: Readonly<Record<string, unknown>>,
    actor: string,
    signal: AbortSignal,
  ): Promise<{ decision: Decision; judgedBy: 'worker' | 'control-plane' }> {
    checkSize(args);
    const hub = this.#hub();
    if (hub?.session(agent.id)?.connected) {
      const report = await commandWithin(
        hub,
        agent.id,
        { kind: 'policy_test', tool, args, actor },
        { withinMs: this.#patience.answerMs, signal },
      );
      if (report.state === 'done' && report.result?.kind === 'policy_test') {
        return { decision: report.result.decision, judgedBy: 'worker' };
      }
      throw new ApiError('TURN_FAILED', failureOf(report.error, 'The worker could not judge this.'));
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

  async #withinMs(agentId: string, tool: string): Promise<number> {
    const { answerMs, graceMs } = this.#patience;
    if (tool !== 'exec') return answerMs;
    return Math.max(answerMs, (await this.#execTimeoutS(agentId)) * 1000) + graceMs;
  }
}

/** A worker refuses them too, but what a worker answers is told as its own failure, and this one is the caller's. */
function checkSize(args: Readonly<Record<string, unknown>>): void {
  if (Buffer.byteLength(JSON.stringify(args)) <= LINK_LIMITS.argsBytes) return;
  throw new ApiError(
    'PAYLOAD_TOO_LARGE',
    `The arguments of a tool have at most ${LINK_LIMITS.argsBytes / 1024} KiB as JSON.`,
    { fix: 'Put what is long into a file of the workspace.' },
  );
}

function cancelCall(hub: LinkHub, agentId: string, sessionKey: string, commandId: string): void {
  // It waits for a worker that is away, as long as the worker's session lasts: what was given up must not run on. Whoever
  // could be told has left.
  hub
    .command(agentId, { kind: 'cancel', session_key: sessionKey, call_id: commandId })
    .catch(() => undefined);
}

/** What the worker says, with its code (`WORKER_BUSY`, `TOOL_CANCELLED`), by which a caller can tell whether to try again. */
function failureOf(
  error: { readonly code: string; readonly message: string } | undefined,
  otherwise: string,
): string {
  return error === undefined ? otherwise : `${error.message} (${error.code})`;
}
