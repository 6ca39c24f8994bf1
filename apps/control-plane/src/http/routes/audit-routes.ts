import { openAuditLog } from '@clawforce/audit-log';
import { auditStoreOf } from '../../storage/audit/audit-chain.js';
import { visibleTo } from '../../agents/agent-service.js';
import type { AuditFilter, AuditRecord } from '../../storage/audit/audit-query.js';
import { ApiError } from '../../errors/api-error.js';
import type { Storage } from '../../storage/storage.js';
import { exportAudit } from '../audit-export.js';
import { ref } from '../components.js';
import type { Route } from '../route.js';
import { object, page, pageQuery, type } from '../schemas.js';

const text = { type: 'string', maxLength: 200 };
const FILTER = {
  kind: text,
  agent_id: text,
  actor_id: { ...text, description: 'Exactly this id: `user:<id>`, `model` or another.' },
  actor: {
    ...text,
    description: 'As rows show it: name of a user in any case, or an id; `system` for rows that name nobody.',
  },
  effect: { enum: ['allow', 'deny', 'ask'] },
  rule: text,
  since: { ...text, description: 'Not before this time (ISO 8601).' },
  until: { ...text, description: 'Before this time (ISO 8601).' },
};

/** Routes that read the audit log. An admin sees the rows of the agents it owns, a superadmin all. */
export function auditRoutes({ storage }: { readonly storage: Storage }): Route[] {
  return [
    {
      method: 'get',
      path: '/api/audit',
      tag: 'audit',
      summary: 'Lists audit rows, newest first; with `after` the rows behind that number, oldest first.',
      access: { action: 'audit:read' },
      query: {
        properties: { ...pageQuery, ...FILTER, after: { type: 'integer', minimum: 0 } },
      },
      responses: {
        200: {
          description: 'One page.',
          schema: page(ref('AuditRow')),
        },
      },
      errors: ['CURSOR_INVALID'],
      handle: async ({ caller, query }) => {
        const { after, limit, cursor, ...wanted } = query as Wanted & {
          after?: number;
          limit?: number;
          cursor?: string;
        };
        const visible = visibleTo(caller);
        if (after !== undefined) {
          const rows = await storage.auditQuery.after(visible, after, limit);
          return { json: { items: await views(storage, rows) } };
        }
        const found = await storage.auditQuery.list(visible, {
          ...(await filterOf(storage, wanted)),
          ...(limit === undefined ? {} : { limit }),
          ...(cursor === undefined ? {} : { cursor }),
        });
        return { json: { ...found, items: await views(storage, found.items) } };
      },
    },
    {
      method: 'get',
      path: '/api/audit/export',
      tag: 'audit',
      summary: 'Downloads the rows that the filter finds as lines of JSON, newest first.',
      access: { action: 'audit:read' },
      query: { properties: { ...FILTER, format: { enum: ['jsonl'] } } },
      responses: {
        200: { description: 'One row a line.', mediaType: 'application/x-ndjson', schema: type('string') },
      },
      handle: async ({ caller, query, response, signal }) => {
        await exportAudit(
          storage.auditQuery,
          visibleTo(caller),
          await filterOf(storage, query),
          (row) => ({ ...auditView(row), prev_hash: row.prevHash }),
          response,
          signal,
        );
        return { streamed: true };
      },
    },
    {
      method: 'get',
      path: '/api/audit/verify',
      tag: 'audit',
      summary:
        'Reads the hash chain and tells whether it holds together, or the first row that does not fit.',
      access: { action: 'audit:verify' },
      query: {
        properties: { from: { type: 'integer', minimum: 1, description: 'First row; 1 by default.' } },
      },
      responses: {
        200: {
          description: 'What was found.',
          schema: object(
            {
              outcome: { enum: ['intact', 'altered', 'truncated', 'rewritten'] },
              rows: type('integer'),
              head: object({ seq: type('integer'), hash: type('string') }),
              seq: type('integer'),
              reason: type('string'),
            },
            ['rows', 'head', 'seq', 'reason'],
          ),
        },
      },
      errors: ['AUDIT_UNAVAILABLE'],
      handle: async ({ query }) => {
        const { from } = query as { from?: number };
        const log = openAuditLog(auditStoreOf(storage));
        try {
          return { json: await log.verify(from === undefined ? {} : { from }) };
        } catch (error) {
          throw new ApiError('AUDIT_UNAVAILABLE', 'The audit log could not be read.', { cause: error });
        }
      },
    },
  ];
}

type Wanted = Partial<
  Record<'kind' | 'agent_id' | 'actor_id' | 'actor' | 'effect' | 'rule' | 'since' | 'until', string>
>;

async function filterOf(storage: Storage, wanted: Wanted): Promise<AuditFilter> {
  return {
    ...(wanted.kind === undefined ? {} : { kind: wanted.kind }),
    ...(wanted.agent_id === undefined ? {} : { agentId: wanted.agent_id }),
    ...(wanted.actor_id === undefined ? {} : { actorId: wanted.actor_id }),
    ...(wanted.actor === undefined ? {} : { actorIds: await actorsCalled(storage, wanted.actor) }),
    ...(wanted.effect === undefined ? {} : { effect: wanted.effect }),
    ...(wanted.rule === undefined ? {} : { rule: wanted.rule }),
    ...(wanted.since === undefined ? {} : { since: timeOf('since', wanted.since) }),
    ...(wanted.until === undefined ? {} : { until: timeOf('until', wanted.until) }),
  };
}

/** What rows show as the name of nobody. */
const NOBODY = 'system';

/** Ids of every actor that rows show under a name. */
async function actorsCalled({ users }: Storage, name: string): Promise<(string | null)[]> {
  const user = await users.findByUsername(name);
  return [name, ...(user ? [`user:${user.id}`] : []), ...(name === NOBODY ? [null] : [])];
}

function timeOf(name: string, text: string): Date {
  const time = new Date(text);
  if (/^\d{4}-\d\d-\d\d(?:T|$)/.test(text) && !Number.isNaN(time.getTime())) return time;
  throw new ApiError('VALIDATION_FAILED', `The query is not valid: /${name} is no time.`, {
    issues: [{ pointer: `/${name}`, message: 'must be a time as ISO 8601 has it.' }],
  });
}

/** Rows with the names of who they speak of. */
async function views(storage: Storage, rows: readonly AuditRecord[]): Promise<Record<string, unknown>[]> {
  const userOf = ({ actorId }: AuditRecord): string => /^user:(.+)$/.exec(actorId ?? '')?.[1] ?? '';
  const users = await storage.users.names([...new Set(rows.map(userOf))]);
  const agents = await storage.agents.names([...new Set(rows.flatMap(({ agentId }) => agentId ?? []))]);
  return rows.map((row) => ({
    ...auditView(row),
    agent_name: agents.get(row.agentId ?? '') ?? null,
    actor_name: users.get(userOf(row)) ?? null,
  }));
}

function auditView(row: AuditRecord): Record<string, unknown> {
  return {
    seq: row.seq,
    time: row.time.toISOString(),
    kind: row.kind,
    agent_id: row.agentId,
    actor_id: row.actorId,
    effect: row.effect,
    rule: row.rule,
    event: row.event,
    hash: row.hash,
  };
}
