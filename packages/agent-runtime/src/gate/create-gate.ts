import { randomUUID } from 'node:crypto';
import type { Decision } from '@clawforce/policy-core';
import { NetworkSecurityPolicy } from '@clawforce/policy-net/policy';
import { ShellCommandPolicy, type CommandPlan } from '@clawforce/policy-shell';
import type { GateRecord, WorkerConfig } from '@clawforce/protocol';
import { ArgumentReader } from './argument-reader.js';
import { BUILT_IN_TOOLS } from './built-in-tools.js';
import { clipDecision } from './clip-decision.js';
import { gateDecision, type GateRuleId } from './gate-rules.js';
import { FILE_OPERATIONS, type FileJudge } from './file-operations.js';
import type { ToolDefinition } from './tool-definition.js';

/** A tool that an embedder adds. */
export interface GatedTool extends ToolDefinition {
  /** The tool's own policy; without one a call with valid arguments is allowed. */
  readonly judge?: (args: Readonly<Record<string, unknown>>) => Decision;
}

/** What {@link createGate} takes. */
export interface GateOptions {
  readonly config: WorkerConfig;
  /** Absolute path of the workspace. */
  readonly workspace: string;
  /** The agent's file layer; its `check` judges file tools. */
  readonly fs: FileJudge;
  /** Tools beside the built-in ones. */
  readonly tools?: readonly GatedTool[];
  /**
   * Whether commands can be confined here. Left out where nothing is run (the control plane's policy test): then only
   * policy is judged.
   */
  readonly confinement?:
    { readonly available: true } | { readonly available: false; readonly reason: string };
}

/** Who calls, and where. */
export interface GateContext {
  readonly sessionKey: string;
  /** `model`, or `user:<id>`. */
  readonly actor: string;
  /** A person has asked for exactly this call, so it needs no approval. */
  readonly approved?: boolean;
  /** The conversation, for `message`. */
  readonly channel?: string;
  readonly chatId?: string;
}

/** The verdict on one call. `args`, and for exec `plan`, are there exactly when it is allowed. */
export interface Judgement {
  readonly record: GateRecord;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly plan?: CommandPlan;
}

/** The one gate: every tool call of model, operator or test passes it before anything happens. */
export interface Gate {
  readonly config: WorkerConfig;
  /** Every tool that exists behind this gate. */
  readonly definitions: readonly ToolDefinition[];
  /** Judges a call whose arguments are a value. Never throws. */
  judge(tool: string, args: unknown, context: GateContext): Judgement;
  /** Judges a call whose arguments are the JSON text of a model. Never throws. */
  judgeText(tool: string, text: string, context: GateContext): Judgement;
}

/** Gives the gate for one configuration. @throws TypeError when the configuration makes no policy. */
export function createGate(options: GateOptions): Gate {
  const { config } = options;
  const added = new Map((options.tools ?? []).map((tool) => [tool.name, tool]));
  const definitions = [...BUILT_IN_TOOLS, ...added.values()];
  if (new Set(definitions.map(({ name }) => name)).size !== definitions.length) {
    throw new TypeError('option "tools" must not repeat a name or take that of a built-in tool');
  }
  const names = new Set(definitions.map(({ name }) => name));
  const reader = new ArgumentReader(definitions);
  const shell = new ShellCommandPolicy({
    ...config.exec.policy,
    elevation: config.exec.elevation,
    workspace: options.workspace,
    restrictToWorkspace: config.restrict_to_workspace,
  });
  const net = new NetworkSecurityPolicy({
    // An empty list means that the operator has not narrowed the web, as in the broker.
    ...(config.web.allowlist.length > 0 ? { allowlist: config.web.allowlist } : {}),
    exceptions: config.web.exceptions,
    allowPrivateNetwork: !config.ssrf_protection,
  });

  const own = (rule: GateRuleId, reason: string, input: string, before?: Decision): Decision =>
    gateDecision(rule, reason, { input, policyDigest: config.digest, ...(before ? { before } : {}) });

  function decide(
    tool: string,
    raw: unknown,
    context: GateContext,
  ): { decision: Decision; args?: Readonly<Record<string, unknown>>; plan?: CommandPlan } {
    if (!names.has(tool)) return { decision: own('tool.unknown', 'There is no tool of this name.', tool) };
    const reading = reader.read(tool, raw);
    const input = `${tool} ${raw === undefined ? '' : JSON.stringify(raw)}`.trim();
    if (!reading.ok) return { decision: own('tool.arguments', reading.reason, input) };
    const { args } = reading;
    const judged = judgeTool(tool, args, context, input);
    if (judged.decision.effect !== 'allow' || context.approved === true || !needsApproval(tool)) {
      return { ...judged, args };
    }
    return {
      decision: own(
        'tool.approval-required',
        `A person has to approve calls of ${tool}, and nobody can be asked yet.`,
        judged.decision.input,
        judged.decision,
      ),
    };
  }

  function judgeTool(
    tool: string,
    args: Readonly<Record<string, unknown>>,
    context: GateContext,
    input: string,
  ): { decision: Decision; plan?: CommandPlan } {
    const operation = FILE_OPERATIONS.get(tool);
    if (operation) return { decision: operation(options.fs, args) };
    if (tool === 'exec') return judgeCommand(String(args['command']));
    if (tool === 'web_fetch') return { decision: net.checkUrl(String(args['url'])) };
    if (tool === 'message') return { decision: judgeMessage(args, context, input) };
    return {
      decision: added.get(tool)?.judge?.(args) ?? own('tool.allow', `A valid call of ${tool}.`, input),
    };
  }

  function judgeCommand(command: string): { decision: Decision; plan?: CommandPlan } {
    const { plan, ...decision } = shell.check(command);
    if (!plan) return { decision };
    const { confinement } = options;
    if (confinement?.available === false && config.exec.confinement === 'required') {
      const reason = `The command is allowed, but it cannot be confined: ${confinement.reason}`;
      return { decision: own('shell.confiner.unavailable', reason, decision.input, decision) };
    }
    return { decision, plan };
  }

  function judgeMessage(
    { channel, chat_id: chatId, media }: Readonly<Record<string, unknown>>,
    context: GateContext,
    input: string,
  ): Decision {
    const elsewhere =
      (channel !== undefined && channel !== context.channel) ||
      (chatId !== undefined && chatId !== context.chatId);
    if (elsewhere) {
      return own('tool.message.target', 'A message can only go to the present conversation.', input);
    }
    if (Array.isArray(media) && media.length > 0) {
      return own('tool.message.media', 'Files cannot be attached to messages.', input);
    }
    return own('tool.allow', 'A message to the present conversation.', input);
  }

  function needsApproval(tool: string): boolean {
    const { per_tool: perTool, default_mode: fallback } = config.approval;
    const mode = Object.hasOwn(perTool, tool) ? perTool[tool] : fallback;
    return mode !== 'always_run';
  }

  const judge = (tool: string, raw: unknown, context: GateContext): Judgement => {
    let judged: ReturnType<typeof decide>;
    try {
      judged = decide(tool, raw, context);
    } catch {
      judged = { decision: own('tool.internal', 'The gate failed on this call.', tool) };
    }
    const decision = clipDecision(judged.decision);
    const record: GateRecord = Object.freeze({
      id: randomUUID(),
      agent_id: config.agent.id,
      session_key: context.sessionKey,
      actor: context.actor,
      tool: tool.slice(0, 200),
      time: new Date().toISOString(),
      decision,
    });
    if (decision.effect !== 'allow') return { record };
    return {
      record,
      args: judged.args ?? {},
      ...(judged.plan ? { plan: judged.plan } : {}),
    };
  };

  return {
    config,
    definitions,
    judge,
    judgeText(tool, text, context) {
      let raw: unknown;
      try {
        // Models leave the text empty for a tool without arguments.
        raw = text.trim() === '' ? {} : JSON.parse(text);
      } catch {
        raw = undefined;
      }
      return judge(tool, raw, context);
    },
  };
}
