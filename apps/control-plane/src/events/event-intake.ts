import type { GateRecord, OutboxItem } from '@clawforce/protocol';
import type { AuditTrail } from '../audit/audit-trail.js';
import type { Storage } from '../storage/storage.js';
import type { ActivityFeed } from './activity-feed.js';
import { clipRecord } from './clip-record.js';
import { systemRefusal } from './system-refusal.js';
import type { NumberedEntry, SessionFiles } from './session-files.js';

/** Where the worker's sequence stands after a batch. */
export type IntakeOutcome =
  { readonly ack: number } | { readonly expected: number } | { readonly fenced: true };

/** Takes the durable events of workers: session files, database, audit and whoever watches. */
export class EventIntake {
  readonly #storage: Storage;
  readonly #files: SessionFiles;
  readonly #feed: ActivityFeed;
  readonly #audit: AuditTrail;

  constructor(parts: {
    readonly storage: Storage;
    readonly files: SessionFiles;
    readonly feed: ActivityFeed;
    readonly audit: AuditTrail;
  }) {
    this.#storage = parts.storage;
    this.#files = parts.files;
    this.#feed = parts.feed;
    this.#audit = parts.audit;
  }

  /** Stores consecutive events of one epoch. When it resolves with `ack`, they are committed. */
  async store(agentId: string, epoch: number, items: readonly OutboxItem[]): Promise<IntakeOutcome> {
    // The agent is named by the socket: what a worker writes into its records does not count.
    const own = items.map((item) => withAgent(item, agentId));
    await this.#files.append(agentId, await this.#inSequence(agentId, epoch, own));
    const outcome = await this.#storage.events.append(agentId, epoch, own);
    if (outcome.status === 'fenced' || outcome.status === 'unknown') return { fenced: true };
    for (const event of outcome.stored) {
      if (event.kind !== 'activity') continue;
      this.#feed.publish(agentId, { kind: 'event', event });
      const { event_type: type, record, call_id: callId } = event.event;
      if (type === 'policy_decision' && record) this.#audit.enqueue(decisionEvent(agentId, record, callId));
      const held = systemRefusal(agentId, event.event);
      if (held) this.#audit.enqueue(held);
    }
    return outcome.status === 'gap' ? { expected: outcome.expected } : { ack: outcome.ack };
  }

  /** Session entries up to the first gap: what comes behind it will be sent again. */
  async #inSequence(agentId: string, epoch: number, items: readonly OutboxItem[]): Promise<NumberedEntry[]> {
    if (!items.some((item) => item.type === 'session')) return [];
    const agent = await this.#storage.agents.get(agentId);
    // The files have no fence of their own.
    if (agent?.epoch !== epoch) return [];
    let expected = agent.ackSeq + 1;
    const entries: NumberedEntry[] = [];
    for (const item of items) {
      if (item.seq > expected) break;
      if (item.seq === expected) expected += 1;
      if (item.type === 'session')
        entries.push({ seq: item.seq, sessionKey: item.session_key, entry: item.entry });
    }
    return entries;
  }
}

function withAgent(item: OutboxItem, agentId: string): OutboxItem {
  if (item.type !== 'activity' || !item.event.record) return item;
  return {
    ...item,
    event: { ...item.event, record: { ...clipRecord(item.event.record), agent_id: agentId } },
  };
}

function decisionEvent(
  agentId: string,
  record: GateRecord,
  callId: string | undefined,
): Parameters<AuditTrail['enqueue']>[0] {
  const { decision } = record;
  return {
    kind: 'policy_decision',
    agent_id: agentId,
    actor: record.actor,
    tool: record.tool,
    effect: decision.effect,
    rule: decision.rule,
    reason: decision.reason,
    input: decision.input,
    // The control plane's clock: a worker must not be able to spoil or to date its own record.
    timestamp: new Date().toISOString(),
    ext: {
      source: 'worker',
      decision_id: record.id,
      ...(callId === undefined ? {} : { call_id: callId }),
      session_key: record.session_key,
      layer: decision.layer,
      worker_time: record.time,
      // Of what was let through the rule says enough; a refusal has to be explained later as it was then.
      ...(decision.effect === 'allow'
        ? {}
        : {
            trace: decision.trace,
            policy_digest: decision.policyDigest,
            ...(decision.hint === undefined ? {} : { hint: decision.hint }),
            ...(decision.span === undefined ? {} : { span: decision.span }),
          }),
    },
  };
}
