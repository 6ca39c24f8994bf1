import { openAuditLog } from '@clawforce/audit-log';
import { auditStoreOf } from '../../storage/audit/audit-chain.js';
import type { AuditRecord } from '../../storage/audit/audit-query.js';
import { ApiError } from '../../errors/api-error.js';
import type { Storage } from '../../storage/storage.js';
import { ref } from '../components.js';
import type { Route } from '../route.js';
import { object, page, pageQuery, type } from '../schemas.js';

const text = { type: 'string', maxLength: 200 };

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
        properties: {
          ...pageQuery,
          after: { type: 'integer', minimum: 0 },
          kind: text,
          agent_id: text,
          actor_id: text,
          effect: { enum: ['allow', 'deny', 'ask'] },
          rule: text,
        },
      },
      responses: {
        200: {
          description: 'One page.',
          schema: page(ref('AuditRow')),
        },
      },
      errors: ['CURSOR_INVALID'],
      handle: async ({ caller, query }) => {
        const wanted = query as Partial<
          Record<'cursor' | 'kind' | 'agent_id' | 'actor_id' | 'effect' | 'rule', string>
        > & {
          after?: number;
          limit?: number;
        };
        const visible = caller.role === 'superadmin' ? 'all' : { ownerUserId: caller.userId };
        if (wanted.after !== undefined) {
          const rows = await storage.auditQuery.after(visible, wanted.after, wanted.limit);
          return { json: { items: rows.map(auditView) } };
        }
        const found = await storage.auditQuery.list(visible, {
          ...(wanted.limit === undefined ? {} : { limit: wanted.limit }),
          ...(wanted.cursor === undefined ? {} : { cursor: wanted.cursor }),
          ...(wanted.kind === undefined ? {} : { kind: wanted.kind }),
          ...(wanted.agent_id === undefined ? {} : { agentId: wanted.agent_id }),
          ...(wanted.actor_id === undefined ? {} : { actorId: wanted.actor_id }),
          ...(wanted.effect === undefined ? {} : { effect: wanted.effect }),
          ...(wanted.rule === undefined ? {} : { rule: wanted.rule }),
        });
        return { json: { ...found, items: found.items.map(auditView) } };
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
