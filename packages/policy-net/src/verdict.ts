import type { Decision, Step } from '@clawforce/policy-core';
import { NET_RULES, type NetRule } from './rules.js';

/** The answer of one judgement before it is dressed as a {@link Decision}. */
export interface Verdict {
  readonly effect: 'allow' | 'deny';
  readonly rule: NetRule;
  readonly reason: string;
  readonly span?: readonly [number, number];
  readonly note?: string;
}

/** Gives a refusal by `rule`. */
export function deny(
  rule: NetRule,
  reason: string,
  more?: { span?: readonly [number, number]; note?: string },
): Verdict {
  return { effect: 'deny', rule, reason, ...more };
}

/** The answer when nothing refused. */
export const ALLOWED: Verdict = Object.freeze({
  effect: 'allow',
  rule: 'net.allow',
  reason: 'No rule refuses this destination.',
});

/** The answer when an operator exception admits the endpoint. */
export const EXCEPTED: Verdict = Object.freeze({
  effect: 'allow',
  rule: 'net.exception.allow',
  reason: 'An operator exception names this address and port.',
});

/** Gives the layer of a rule: the second part of its id. */
export function layerOf(rule: string): string {
  return rule === 'net.allow' ? 'policy' : (rule.split('.')[1] ?? 'policy');
}

const allowedTrace: readonly Step[] = Object.freeze([
  Object.freeze({ layer: 'policy', rule: 'net.allow', effect: 'allow' as const }),
]);

/** Gives the frozen decision for a verdict; `earlier` are the steps that led to it. */
export function toDecision(
  verdict: Verdict,
  input: string,
  policyDigest: string,
  earlier: readonly Step[] = [],
): Decision {
  const { effect, rule, reason, span, note } = verdict;
  const layer = layerOf(rule);
  if (rule === 'net.allow' && earlier.length === 0) {
    return Object.freeze({ effect, layer, rule, reason, input, policyDigest, trace: allowedTrace });
  }
  const { hint } = NET_RULES[rule];
  const step: Step = Object.freeze({ layer, rule, effect, ...(note === undefined ? {} : { note }) });
  return Object.freeze({
    effect,
    layer,
    rule,
    reason,
    ...(hint === undefined || effect === 'allow' ? {} : { hint }),
    ...(span === undefined ? {} : { span: Object.freeze([span[0], span[1]] as const) }),
    input,
    policyDigest,
    trace: Object.freeze([...earlier, step]),
  });
}
