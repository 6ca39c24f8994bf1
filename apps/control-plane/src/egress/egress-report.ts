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
/** After so long without a request an allowance is full again, so that it need not be kept. */
const QUIET_MS = (BURST_ROWS / ROWS_PER_SECOND) * 1_000;

/** Parts of the report. */
export interface EgressReportParts {
  readonly audit: AuditTrail;
  readonly events: Pick<EventStore, 'record'>;
  readonly feed: ActivityFeed;
  readonly onFailure: (error: unknown) => void;
}

interface Rows {
  readonly admitted: TokenBucket;
  /** Apart from the other: a refusal must not be hidden behind requests that are admitted. */
  readonly refused: TokenBucket;
  skipped: number;
  /** The newest that was skipped. */
  last: (() => void) | undefined;
  readonly quiet: NodeJS.Timeout;
}

/** Writes down what left, or was not let out: in the audit log and in the agent's activity. */
export class EgressReport {
  readonly #parts: EgressReportParts;
  readonly #rows = new Map<string, Rows>();
  readonly #quietMs: number;

  constructor(parts: EgressReportParts, quietMs = QUIET_MS) {
    this.#parts = parts;
    this.#quietMs = quietMs;
  }

  /** Agents that are kept in mind. */
  get size(): number {
    return this.#rows.size;
  }

  /** Takes the end of one request of broker or proxy. */
  take(agentId: string, purpose: EgressFacts['purpose'], event: EgressAuditEvent): void {
    this.#parts.audit.enqueue(egressAudit(agentId, purpose, event));
    // Every turn calls its model; in the activity only those that failed are news.
    if (purpose === 'provider' && event.verdict === 'allow') return;
    const rows = this.#rowsOf(agentId);
    rows.quiet.refresh();
    if (!(event.verdict === 'allow' ? rows.admitted : rows.refused).tryTake()) {
      rows.skipped += 1;
      rows.last = () => this.#write(agentId, activityOf(purpose, event, rows.skipped - 1));
      return;
    }
    this.#write(agentId, activityOf(purpose, event, rows.skipped));
    rows.skipped = 0;
    rows.last = undefined;
  }

  #rowsOf(agentId: string): Rows {
    const known = this.#rows.get(agentId);
    if (known !== undefined) return known;
    const rows: Rows = {
      admitted: new TokenBucket(BURST_ROWS, ROWS_PER_SECOND),
      refused: new TokenBucket(BURST_ROWS, ROWS_PER_SECOND),
      skipped: 0,
      last: undefined,
      quiet: setTimeout(() => {
        this.#rows.delete(agentId);
        // Nothing came that could have told how many were skipped.
        rows.last?.();
      }, this.#quietMs).unref(),
    };
    this.#rows.set(agentId, rows);
    return rows;
  }

  #write(agentId: string, event: ActivityEvent): void {
    this.#parts.events
      .record(agentId, event)
      .then((stored) => this.#parts.feed.publish(agentId, { kind: 'event', event: stored }))
      .catch(this.#parts.onFailure);
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
