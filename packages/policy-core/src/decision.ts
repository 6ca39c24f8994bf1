/** What a policy answered: go ahead, refuse, or let a person decide. */
export type Effect = 'allow' | 'deny' | 'ask';

/** One layer's contribution to a decision, in the order in which the layers were consulted. */
export interface Step {
  /** The layer that spoke, for example `syntax`, `deny-rule`, `zone`, `address`. */
  readonly layer: string;
  /** The stable dotted id of the rule that applied. */
  readonly rule: string;
  /** What that layer alone would answer. */
  readonly effect: Effect;
  /** A short remark for the person who reads the trace. */
  readonly note?: string;
}

/**
 * The immutable record of one policy verdict. Audit log, approval card, dashboard and `policy test` share it,
 * so every field is plain JSON.
 */
export interface Decision {
  /** The verdict. */
  readonly effect: Effect;
  /** The layer that decided. */
  readonly layer: string;
  /** Stable dotted id of the deciding rule, listed in the catalogue of the package that owns it. */
  readonly rule: string;
  /** One sentence for a person. */
  readonly reason: string;
  /** What would be accepted instead. */
  readonly hint?: string;
  /** Offsets `[start, end)` in the judged input, in UTF-16 code units. */
  readonly span?: readonly [number, number];
  /** Canonical form of what was judged. */
  readonly input: string;
  /** Identifies the policy configuration that judged. */
  readonly policyDigest: string;
  /** Every step that led to the verdict, in order. */
  readonly trace: readonly Step[];
}

/** What {@link createDecision} takes: a decision whose trace may be left out when one layer alone decided. */
export interface DecisionFields extends Omit<Decision, 'trace'> {
  readonly trace?: readonly Step[];
}

/**
 * Gives a frozen {@link Decision}. Without a trace, the deciding layer becomes its only step.
 */
export function createDecision<Extra extends object = object>(
  fields: DecisionFields & Extra,
): Readonly<Decision & Extra> {
  const trace = fields.trace ?? [{ layer: fields.layer, rule: fields.rule, effect: fields.effect }];
  return Object.freeze({
    ...fields,
    ...(fields.span ? { span: Object.freeze([...fields.span] as [number, number]) } : {}),
    trace: Object.freeze(trace.map((step) => Object.freeze({ ...step }))),
  });
}
