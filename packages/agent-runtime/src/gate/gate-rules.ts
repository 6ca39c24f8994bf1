import { createDecision, type Decision, type Effect } from '@clawforce/policy-core';

interface GateRule {
  readonly layer: 'tool' | 'arguments' | 'approval' | 'confiner' | 'internal';
  readonly effect: Effect;
  /** What the rule means, for the README. */
  readonly meaning: string;
  readonly hint?: string;
}

/** Every rule of the gate itself. The rules of exec, file tools and web_fetch are those of their policy packages. */
export const gateRules = Object.freeze({
  'tool.allow': {
    layer: 'tool',
    effect: 'allow',
    meaning: 'The tool has no policy of its own and the call is valid.',
  },
  'tool.unknown': {
    layer: 'tool',
    effect: 'deny',
    meaning: 'There is no tool of this name.',
    hint: 'Use one of the tools that were offered.',
  },
  'tool.arguments': {
    layer: 'arguments',
    effect: 'deny',
    meaning: 'The arguments are not JSON, not an object, or break the schema of the tool.',
    hint: 'Give the arguments that the schema of the tool names, as a JSON object.',
  },
  'tool.approval-required': {
    layer: 'approval',
    effect: 'deny',
    meaning: 'The configuration wants a person to approve this tool, and nobody can be asked yet.',
    hint: 'An operator can run the tool for you, or set tools.approval for it to always_run.',
  },
  'tool.message.target': {
    layer: 'tool',
    effect: 'deny',
    meaning: 'Messages go to the conversation that the agent is in, to no other.',
    hint: 'Leave channel and chat_id out.',
  },
  'tool.message.media': {
    layer: 'tool',
    effect: 'deny',
    meaning: 'Files cannot be attached to messages.',
    hint: 'Name the file in the text; people can read the workspace.',
  },
  'shell.confiner.unavailable': {
    layer: 'confiner',
    effect: 'deny',
    meaning: 'The command is allowed, but nothing on this host can confine it.',
    hint: 'An operator has to install bubblewrap on the host.',
  },
  'tool.internal': {
    layer: 'internal',
    effect: 'deny',
    meaning: 'The gate failed on this call; what is not understood is refused.',
  },
} satisfies Record<string, GateRule>);

/** One of the gate's own rules. */
export type GateRuleId = keyof typeof gateRules;

/** Gives a decision of the gate itself. */
export function gateDecision(
  rule: GateRuleId,
  reason: string,
  context: { readonly input: string; readonly policyDigest: string; readonly before?: Decision },
): Decision {
  const { layer, effect, ...rest }: GateRule = gateRules[rule];
  return createDecision({
    effect,
    layer,
    rule,
    reason,
    ...(rest.hint === undefined ? {} : { hint: rest.hint }),
    input: context.input,
    policyDigest: context.policyDigest,
    trace: [...(context.before?.trace ?? []), { layer, rule, effect }],
  });
}
