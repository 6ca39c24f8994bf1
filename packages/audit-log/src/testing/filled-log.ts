import {
  memoryAuditStore,
  openAuditLog,
  type AuditEvent,
  type AuditLog,
  type MemoryAuditStore,
} from '../index.js';

/** Gives a sign-in event with this detail. */
export function eventOf(detail: string): AuditEvent {
  return {
    kind: 'auth_event',
    event: 'login',
    user_id: 'u1',
    ip: '127.0.0.1',
    success: true,
    detail,
    timestamp: '2026-11-24T00:00:00.000Z',
  };
}

/** Gives a log in memory with this many rows. */
export async function filledLog(
  count: number,
  detail = 'event',
): Promise<{ store: MemoryAuditStore; log: AuditLog<undefined> }> {
  const store = memoryAuditStore();
  const log = openAuditLog(store);
  await log.appendBatch(Array.from({ length: count }, (_, index) => eventOf(`${detail} ${index}`)));
  return { store, log };
}
