import type { EgressEvent } from '@clawforce/audit-log';
import type { EgressAuditEvent } from '@clawforce/policy-net';

/** Gives the audit event of one hop that broker or egress proxy made, or refused to make, for an agent. */
export function egressAudit(agentId: string, purpose: string, event: EgressAuditEvent): EgressEvent {
  return {
    kind: 'egress',
    agent_id: agentId,
    purpose,
    method: event.method,
    host: event.host,
    port: event.port,
    resolved: event.resolved,
    chosen: event.chosen,
    effect: event.verdict === 'deny' ? 'deny' : 'allow',
    rule: event.rule,
    ...(event.decision ? { reason: event.decision.reason } : {}),
    bytes: event.bytes,
    ms: Math.round(event.ms),
    timestamp: new Date().toISOString(),
    ext: {
      source: purpose === 'command' ? 'egress-proxy' : 'broker',
      hop: event.hop,
      url: event.url,
      verdict: event.verdict,
      bytes_out: event.bytesOut,
      ...(event.status === undefined ? {} : { status: event.status }),
      ...(event.error === undefined ? {} : { error: event.error }),
    },
  };
}
