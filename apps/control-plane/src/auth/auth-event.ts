import type { AuthEvent } from '@clawforce/audit-log';

/** Gives the audit event of something that was done, or tried, with an account. */
export function authEvent(
  event: string,
  userId: string | null,
  ip: string,
  success: boolean,
  detail: string,
  at: Date,
): AuthEvent {
  return { kind: 'auth_event', event, user_id: userId, ip, success, detail, timestamp: at.toISOString() };
}
