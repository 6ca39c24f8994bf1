import type { PolicyDecisionEvent } from '@clawforce/audit-log';
import type { AgentVisibility } from '../agents/agent-store.js';
import type { AuditRow } from '../generated/sqlite/client.js';
import { pageByNumber } from '../page/keyset.js';
import { pageLimit, type Page } from '../page/page.js';
import type { StoreContext } from '../store-context.js';
import type { AuditedRefusal, AuditFilter, AuditQuery, AuditRecord } from './audit-query.js';

/** Reads of the audit log in the database. */
export class PrismaAuditQuery implements AuditQuery {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  async list(visibleTo: AgentVisibility, filter: AuditFilter = {}): Promise<Page<AuditRecord>> {
    const { kind, agentId, actorId, actorIds, effect, rule, since, until } = filter;
    const visible = await this.#visible(visibleTo);
    const wanted = {
      ...(kind === undefined ? {} : { kind }),
      ...(agentId === undefined ? {} : { agentId }),
      ...(actorId === undefined ? {} : { actorId }),
      ...(effect === undefined ? {} : { effect }),
      ...(rule === undefined ? {} : { rule }),
      ...((since ?? until)
        ? { time: { ...(since ? { gte: since } : {}), ...(until ? { lt: until } : {}) } }
        : {}),
    };
    // An empty OR would find every row; an empty IN finds none.
    const actors = actorIds && {
      OR: [
        { actorId: { in: actorIds.filter((id) => id !== null) } },
        ...(actorIds.includes(null) ? [{ actorId: null }] : []),
      ],
    };
    return pageByNumber(
      this.#context,
      `audit:${JSON.stringify([visibleTo, kind, agentId, actorId, actorIds, effect, rule, since, until])}`,
      filter,
      ({ take, below }) =>
        this.#context.db.auditRow.findMany({
          where: { AND: [visible, wanted, actors ?? {}, below === undefined ? {} : { seq: { lt: below } }] },
          orderBy: { seq: 'desc' },
          take,
        }),
      (row) => row.seq,
      toRecord,
    );
  }

  async lastRefusal(agentId: string): Promise<AuditedRefusal | undefined> {
    const row = await this.#context.db.auditRow.findFirst({
      where: { agentId, kind: 'policy_decision', effect: { in: ['deny', 'ask'] } },
      orderBy: { seq: 'desc' },
    });
    if (row === null) return undefined;
    const { tool, effect, rule, reason, ext } = JSON.parse(row.event) as PolicyDecisionEvent;
    const { layer, hint } = (ext ?? {}) as { layer?: string; hint?: string };
    return {
      time: row.time.toISOString(),
      tool,
      effect: effect === 'ask' ? 'ask' : 'deny',
      layer: layer ?? '',
      rule,
      reason,
      ...(hint === undefined ? {} : { hint }),
    };
  }

  async after(visibleTo: AgentVisibility, after: number, limit?: number): Promise<readonly AuditRecord[]> {
    const rows = await this.#context.db.auditRow.findMany({
      where: { AND: [await this.#visible(visibleTo), { seq: { gt: BigInt(after) } }] },
      orderBy: { seq: 'asc' },
      take: pageLimit(limit),
    });
    return rows.map(toRecord);
  }

  /** There is no foreign key to agents, because the chain outlives them: the owner's agents are looked up first. */
  async #visible(visibleTo: AgentVisibility): Promise<object> {
    if (visibleTo === 'all') return {};
    const owned = await this.#context.db.agent.findMany({
      where: { ownerUserId: visibleTo.ownerUserId },
      select: { id: true },
    });
    return { agentId: { in: owned.map(({ id }) => id) } };
  }
}

function toRecord(row: AuditRow): AuditRecord {
  return {
    seq: Number(row.seq),
    time: row.time,
    kind: row.kind,
    agentId: row.agentId,
    actorId: row.actorId,
    effect: row.effect,
    rule: row.rule,
    event: JSON.parse(row.event) as unknown,
    prevHash: row.prevHash,
    hash: row.hash,
  };
}
