import type { AuditRow } from '../api/api-types.js';

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
  const decision = decisionOf(row);
  const parts = [
    word(event['event']) ??
      word(event['action']) ??
      word(ext['event']) ??
      word(event['tool']) ??
      word(ext['tool']),
    word(decision?.['input']) ?? word(event['detail']) ?? word(event['purpose']) ?? word(event['reason']),
  ].filter((part) => part !== undefined);
  return {
    what: parts.length > 0 ? parts.join(': ') : row.kind,
    who: row.actor_name ?? row.actor_id ?? word(event['actor']) ?? 'system',
  };
}

/** Gives the decision inside a row, where the kind of row has one. */
export function decisionOf(row: AuditRow): Readonly<Record<string, unknown>> | undefined {
  const event: Readonly<Record<string, unknown>> = row.event;
  const ext = recordOf(event['ext']);
  const places = [
    event['decision'],
    recordOf(event['record'])['decision'],
    ext['decision'],
    recordOf(ext['record'])['decision'],
  ];
  return places.map(recordOf).find((place) => typeof place['rule'] === 'string');
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function word(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
