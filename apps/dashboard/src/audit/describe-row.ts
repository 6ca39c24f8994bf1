import type { AuditRow } from '../api/api-types.js';
import type { ShownDecision } from '../components/decision-details.js';

/** Names that people know, where the server still has them. */
interface Names {
  readonly agent_name?: string | null;
  readonly actor_name?: string | null;
}

/** Gives the name of the agent of a row, or its id when it is gone. */
export function agentOf(row: AuditRow & Names): string {
  return row.agent_name ?? row.agent_id ?? '';
}

/** Gives what happened and who did it, in words, from whatever fields the kind of row has. */
export function describeRow(row: AuditRow & Names): { readonly what: string; readonly who: string } {
  const event: Readonly<Record<string, unknown>> = row.event;
  const ext = recordOf(event['ext']);
  const parts = [
    word(event['event']) ??
      word(event['action']) ??
      word(ext['event']) ??
      word(event['tool']) ??
      word(ext['tool']),
    word(event['input']) ?? word(event['detail']) ?? word(event['purpose']) ?? word(event['reason']),
  ].filter((part) => part !== undefined);
  return {
    what: parts.length > 0 ? parts.join(': ') : row.kind,
    who: row.actor_name ?? row.actor_id ?? word(event['actor']) ?? 'system',
  };
}

/** Gives the decision inside a row, where the row is of one. */
export function decisionOf(row: AuditRow): ShownDecision | undefined {
  const event: Readonly<Record<string, unknown>> = row.event;
  const ext = recordOf(event['ext']);
  const field = (name: string): unknown => event[name] ?? ext[name];
  if (row.effect === null || row.rule === null) return undefined;
  const [span, trace] = [field('span'), field('trace')];
  return {
    effect: row.effect,
    rule: row.rule,
    layer: word(field('layer')) ?? '',
    reason: word(field('reason')) ?? '',
    hint: word(field('hint')),
    input: word(field('input')) ?? word(field('url')),
    policyDigest: word(field('policyDigest')) ?? word(field('policy_digest')),
    span: Array.isArray(span) ? span.filter((offset) => typeof offset === 'number') : undefined,
    trace: Array.isArray(trace) ? trace : undefined,
  };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function word(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
