import type { EgressAuditEvent } from '@clawforce/policy-net';
import type { ActivityEvent, EgressFacts } from '@clawforce/protocol';
import type { AuditTrail } from '../audit/audit-trail.js';
import type { ActivityFeed } from '../events/activity-feed.js';
import { TokenBucket } from '../limits/token-bucket.js';
import type { EventStore } from '../storage/index.js';
import { egressAudit } from './egress-audit.js';

/** Rows that one agent may write into the activity stream; the audit log has its own bound. */
const BURST_ROWS = 200;
const ROWS_PER_SECOND = 5;

/** Parts of the report. */
export interface EgressReportParts {
  readonly audit: AuditTrail;
  readonly events: Pick<EventStore, 'record'>;
  readonly feed: ActivityFeed;
  readonly onFailure: (error: unknown) => void;
}

/** Writes down what left, or was not let out: in the audit log and in the agent's activity. */
export class EgressReport {
  readonly #parts: EgressReportParts;
  readonly #rows = new Map<string, { bucket: TokenBucket; skipped: number }>();

  constructor(parts: EgressReportParts) {
    this.#parts = parts;
  }

  /** Takes the end of one request of broker or proxy. */
  take(agentId: string, purpose: EgressFacts['purpose'], event: EgressAuditEvent): void {
    this.#parts.audit.enqueue(egressAudit(agentId, purpose, event));
    // Every turn calls its model; in the activity only those that failed are news.
    if (purpose === 'provider' && event.verdict === 'allow') return;
    const rows = this.#rows.get(agentId) ?? {
      bucket: new TokenBucket(BURST_ROWS, ROWS_PER_SECOND),
      skipped: 0,
    };
    this.#rows.set(agentId, rows);
    if (!rows.bucket.tryTake()) {
      rows.skipped += 1;
      return;
    }
    const { skipped } = rows;
    rows.skipped = 0;
    this.#parts.events
      .record(agentId, activityOf(purpose, event, skipped))
      .then((stored) => this.#parts.feed.publish(agentId, { kind: 'event', event: stored }))
      .catch(this.#parts.onFailure);
  }

  /** Forgets an agent that has stopped. */
  forget(agentId: string): void {
    this.#rows.delete(agentId);
  }
}

function activityOf(
  purpose: EgressFacts['purpose'],
  event: EgressAuditEvent,
  skipped: number,
): ActivityEvent {
  const { decision, status, error } = event;
  const to = event.method === 'CONNECT' ? `${event.host}:${event.port}` : event.url;
  const what = (event.method === '' ? 'unreadable request' : `${event.method} ${to}`).slice(0, 600);
  const ends = {
    allow: `${event.bytes} bytes in, ${event.bytesOut} out`,
    deny: `refused: ${decision?.reason ?? event.rule}`,
    limit: `ended by the limit ${error ?? ''}`,
    error: `failed: ${error ?? ''}`,
  };
  const missing = skipped === 0 ? '' : ` (${skipped} more before are in the audit log only)`;
  return {
    event_type: 'egress',
    content: `${what} ${ends[event.verdict]}${missing}`,
    result_status: event.verdict === 'allow' ? 'ok' : event.verdict === 'deny' ? 'denied' : 'error',
    duration_ms: Math.round(event.ms),
    egress: {
      purpose,
      method: event.method,
      host: event.host,
      port: event.port,
      verdict: event.verdict,
      rule: event.rule,
      ...(decision?.hint === undefined ? {} : { hint: decision.hint }),
      ...(status === undefined ? {} : { status }),
      ...(error === undefined ? {} : { error }),
      bytes: event.bytes,
      bytes_out: event.bytesOut,
    },
  };
}
