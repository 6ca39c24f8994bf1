import type { Attestation, IsolationProbe, WorkerInspection } from './agent-pool.js';

/** Isolation as plain values by field name, so that three sources can be compared and shown side by side. */
export type IsolationFacts = Readonly<Record<string, string | number | boolean | null>>;

/** What was asked of an engine, in the two forms in which it can be read back. */
export interface IsolationRequest {
  /** What the engine's own record of the worker must say. */
  readonly engine: IsolationFacts;
  /** What a probe inside the worker's isolation must see. */
  readonly inside: IsolationFacts;
}

/** One field that is not as requested. */
export interface FieldDifference {
  readonly field: string;
  /** Who reported the other value. */
  readonly source: 'engine' | 'inside';
  readonly requested: string | number | boolean | null;
  /** `undefined` when the source said nothing about the field. */
  readonly found: string | number | boolean | null | undefined;
}

/** The verdict on one worker. */
export interface AttestationReport {
  readonly attested: Attestation;
  readonly differences: readonly FieldDifference[];
  /** One sentence for a person, naming every field that differs. */
  readonly reason: string;
}

function compare(
  source: FieldDifference['source'],
  requested: IsolationFacts,
  found: IsolationFacts,
): FieldDifference[] {
  return Object.entries(requested)
    .filter(([field, value]) => !Object.hasOwn(found, field) || found[field] !== value)
    .map(([field, value]) => ({ field, source, requested: value, found: found[field] }));
}

const show = (value: FieldDifference['found']): string =>
  value === undefined ? 'nothing' : JSON.stringify(value);

/**
 * Compares what was requested with the engine's record and with the probe's view. Every requested field must be
 * there and equal: a field that a source leaves out counts as different. Without a probe nothing is attested.
 */
export function attest(
  requested: IsolationRequest,
  inspection: Pick<WorkerInspection, 'effective'>,
  probe: IsolationProbe,
): AttestationReport {
  if (probe.outcome === 'unsupported') return { attested: 'none', differences: [], reason: probe.reason };
  const differences = [
    ...compare('engine', requested.engine, inspection.effective),
    ...compare('inside', requested.inside, probe.effective),
  ];
  if (differences.length === 0) {
    return { attested: 'matched', differences, reason: 'the worker is isolated as requested' };
  }
  const sentences = differences.map(
    ({ field, source, requested: wanted, found }) =>
      `${field}: requested ${show(wanted)}, ${source === 'engine' ? 'the engine says' : 'inside it is'} ${show(found)}`,
  );
  return { attested: 'mismatched', differences, reason: sentences.join('; ') };
}
