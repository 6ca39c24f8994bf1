import { DecisionBadge } from './decision-badge.js';
import { InertText } from './inert-text.js';
import styles from './decision-details.module.css';

/** A decision as far as it is known; see `Decision` in `@clawforce/policy-core`. */
export interface ShownDecision {
  readonly effect: string;
  readonly layer: string;
  readonly rule: string;
  readonly reason: string;
  readonly hint?: string | undefined;
  readonly input?: string | undefined;
  readonly span?: readonly number[] | undefined;
  readonly policyDigest?: string | undefined;
  readonly trace?: readonly unknown[] | undefined;
}

/** A decision in full: what was judged and where in it, by which rule, why, what would be accepted, and each layer's word. */
export function DecisionDetails({ decision }: { readonly decision: ShownDecision }) {
  const { effect, layer, rule, reason, hint, input, span, policyDigest, trace = [] } = decision;
  return (
    <div className={styles['details']}>
      <p className={styles['verdict']}>
        <DecisionBadge effect={effect} />
        <span className={styles['reason']}>
          <InertText text={reason} limit={2000} />
        </span>
      </p>
      {hint && (
        <p className={styles['hint']}>
          <span className={styles['term']}>What would be accepted</span>{' '}
          <InertText text={hint} limit={2000} />
        </p>
      )}
      {input !== undefined && input !== '' && <JudgedInput input={input} span={span} />}
      <dl className={styles['facts']}>
        <dt>Rule</dt>
        <dd>
          <code>
            <InertText text={rule} limit={200} />
          </code>
        </dd>
        {layer !== '' && (
          <>
            <dt>Layer</dt>
            <dd>
              <code>
                <InertText text={layer} limit={200} />
              </code>
            </dd>
          </>
        )}
        {policyDigest && (
          <>
            <dt>Policy</dt>
            <dd>
              <code>
                <InertText text={policyDigest.slice(0, 16)} />
              </code>
            </dd>
          </>
        )}
      </dl>
      {trace.length > 0 && <Trace steps={trace.map(stepOf)} />}
    </div>
  );
}

function JudgedInput({
  input,
  span,
}: {
  readonly input: string;
  readonly span: readonly number[] | undefined;
}) {
  const [from = 0, to = 0] = span ?? [];
  if (to <= from || to > input.length) return <InertText block text={input} limit={4000} />;
  return (
    <pre className={styles['input']} dir="ltr" tabIndex={0}>
      <InertText text={input.slice(0, from)} limit={4000} />
      <mark className={styles['span']}>
        <InertText text={input.slice(from, to)} limit={4000} />
      </mark>
      <InertText text={input.slice(to)} limit={4000} />
    </pre>
  );
}

interface ShownStep {
  readonly layer: string;
  readonly rule: string;
  readonly effect: string;
  readonly note: string;
}

function Trace({ steps }: { readonly steps: readonly ShownStep[] }) {
  return (
    <div>
      <h3 className={styles['heading']}>Layers, in order</h3>
      <ol className={styles['trace']}>
        {steps.map((step, index) => (
          <li key={index} className={styles['step']} data-effect={step.effect}>
            <span className={styles['layer']}>
              <InertText text={step.layer} limit={200} />
            </span>
            <span>
              <code>
                <InertText text={step.rule} limit={200} />
              </code>
              {step.note !== '' && (
                <span className={styles['note']}>
                  {' '}
                  <InertText text={step.note} limit={500} />
                </span>
              )}
            </span>
            <DecisionBadge effect={step.effect} />
          </li>
        ))}
      </ol>
    </div>
  );
}

function stepOf(value: unknown): ShownStep {
  const { layer, rule, effect, note } = (value ?? {}) as Record<string, unknown>;
  return { layer: word(layer), rule: word(rule), effect: word(effect), note: word(note) };
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
