import type { ChangeEvent } from '@clawforce/audit-log';
import type { ActivityEvent } from '@clawforce/protocol';

/** What the system answers to what it refuses, by name and as programs print it. */
const REFUSALS: Readonly<Record<string, RegExp>> = Object.freeze({
  EPERM: /\bEPERM\b|operation not permitted/i,
  EACCES: /\bEACCES\b|permission denied/i,
  EROFS: /\bEROFS\b|read-only file system/i,
  ENOSYS: /\bENOSYS\b|function not implemented/i,
  EAFNOSUPPORT: /\bEAFNOSUPPORT\b|address family not supported/i,
});

/**
 * Gives the audit event for a command that failed and told of something that the system refused: the walls below the gate
 * say no to a single call of a program, and have no log of their own. Only the names go in, never the output. A program
 * that says nothing of it leaves the row of the command alone.
 */
export function systemRefusal(agentId: string, event: ActivityEvent): ChangeEvent | undefined {
  const { event_type: type, tool_name: tool, result_status: status, content = '', call_id: callId } = event;
  if (type !== 'tool_result' || tool !== 'exec' || status !== 'error') return undefined;
  const refused = Object.keys(REFUSALS).filter((name) => REFUSALS[name]?.test(content));
  if (refused.length === 0) return undefined;
  return {
    kind: 'pool_event',
    event: 'command_held',
    agent_id: agentId,
    timestamp: new Date().toISOString(),
    detail: JSON.stringify({ refused, ...(callId === undefined ? {} : { call_id: callId }) }),
    ext: { source: 'worker' },
  };
}
