import type { GateRecord } from '@clawforce/protocol';

const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

/**
 * Gives a worker's record in the sizes that an honest gate keeps to. A frame may be larger, but what is stored here is
 * read again two hundred at a time and copied into the audit log, which is kept.
 */
export function clipRecord(record: GateRecord): GateRecord {
  const { decision } = record;
  return {
    ...record,
    decision: {
      ...decision,
      reason: cut(decision.reason, 2_000),
      input: cut(decision.input, 8_192),
      ...(decision.hint === undefined ? {} : { hint: cut(decision.hint, 2_000) }),
      trace: decision.trace
        .slice(0, 100)
        .map((step) => (step.note === undefined ? step : { ...step, note: cut(step.note, 500) })),
    },
  };
}
