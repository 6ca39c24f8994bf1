import type { Decision } from '@clawforce/policy-core';

/** What became of a hop: served, refused by policy, ended by a limit, or failed in the network. */
export type EgressVerdict = 'allow' | 'deny' | 'limit' | 'error';

/** The one terminal record of a hop. Holds no query, no header and no body. */
export interface EgressAuditEvent {
  /** 0 for the request itself, 1 for the first redirect, and so on. */
  readonly hop: number;
  readonly method: string;
  /** Without user information, query and fragment. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Every answer of the resolver; empty on a reused connection's refusal or when nothing was looked up. */
  readonly resolved: readonly string[];
  /** The address of the socket, `null` when none was opened. */
  readonly chosen: string | null;
  readonly verdict: EgressVerdict;
  /** The deciding rule; `net.allow` or `net.exception.allow` when policy admitted. */
  readonly rule: string;
  /** The refusal, with `verdict: 'deny'`. */
  readonly decision?: Decision;
  /** The limit that ended the hop, or a short error code. */
  readonly error?: string;
  /** Status code, once there was a response. */
  readonly status?: number;
  /** Response body bytes on the wire. */
  readonly bytes: number;
  /** Request body bytes. */
  readonly bytesOut: number;
  /** Milliseconds from start to end of the hop. */
  readonly ms: number;
}

/** Takes audit events. What it throws is counted and changes no request. */
export type AuditSink = (event: EgressAuditEvent) => void;

/** Gives a function that never throws (none without a sink), and the number of events that the sink failed to take. */
export function guardSink<Event = EgressAuditEvent>(
  sink: ((event: Event) => void) | undefined,
): { emit: ((event: Event) => void) | undefined; failures: () => number } {
  let failed = 0;
  // An async function is assignable to a void one; its rejection must not end the process.
  const record: ((event: Event) => unknown) | undefined = sink;
  return {
    failures: () => failed,
    emit:
      record &&
      ((event) => {
        try {
          const result = record(event);
          if (result instanceof Promise) {
            result.catch(() => {
              failed += 1;
            });
          }
        } catch {
          failed += 1;
        }
      }),
  };
}
