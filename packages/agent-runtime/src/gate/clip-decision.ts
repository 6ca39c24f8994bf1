import { createDecision, type Decision, type Step } from '@clawforce/policy-core';

const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

/**
 * Gives a decision that fits into a frame of the link, without anything but the fields of a decision, and with `ask`
 * as `deny`: nobody can be asked yet (ARCHITECTURE section 4).
 */
export function clipDecision(decision: Decision): Decision {
  const asks = decision.effect === 'ask';
  const hint = asks
    ? [decision.hint, 'A person would have to approve this, which is not possible yet.']
        .filter(Boolean)
        .join(' ')
    : decision.hint;
  const trace: Step[] = decision.trace.slice(0, 100).map(({ layer, rule, effect, note }) => ({
    layer,
    rule,
    effect,
    ...(note === undefined ? {} : { note: cut(note, 500) }),
  }));
  return createDecision({
    effect: asks ? 'deny' : decision.effect,
    layer: decision.layer,
    rule: decision.rule,
    reason: cut(decision.reason, 2_000),
    ...(hint === undefined ? {} : { hint: cut(hint, 2_000) }),
    ...(decision.span ? { span: decision.span } : {}),
    input: cut(decision.input, 8_192),
    policyDigest: decision.policyDigest,
    trace,
  });
}
