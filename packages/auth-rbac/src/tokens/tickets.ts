import { AuthError } from '../errors/auth-error.js';
import { nonEmptyString } from '../option-checks.js';
import { issueToken, matchesDigest, parseToken } from './opaque-token.js';
import type { TicketStore } from './ticket-store.js';

/** Longest life of a ticket in seconds (research/auth-checklist B18). */
export const TICKET_TTL_MAX_SECONDS = 30;

/** Who a ticket is for and what it admits to. */
export interface TicketSubject {
  readonly userId: string;
  readonly sessionId: string;
  /** Compared exactly at redemption; name the resource in it where there is one. */
  readonly purpose: string;
}

/** Where tickets are kept and how long they live. */
export interface TicketSettings {
  readonly store: TicketStore;
  readonly ttlSeconds: number;
  readonly clock: () => number;
}

/** Gives a ticket `cft_…` for one use within seconds. */
export async function issueTicket(
  settings: TicketSettings,
  subject: TicketSubject,
): Promise<{ readonly token: string; readonly expiresAt: Date }> {
  const { token, lookup, digest } = issueToken('ticket');
  const expiresAt = new Date(settings.clock() + settings.ttlSeconds * 1000);
  await settings.store.insert({
    lookup,
    digest,
    userId: nonEmptyString('userId', subject.userId),
    sessionId: nonEmptyString('sessionId', subject.sessionId),
    purpose: nonEmptyString('purpose', subject.purpose),
    expiresAt,
    usedAt: null,
  });
  return { token, expiresAt };
}

/**
 * Uses a ticket up and gives whom it was for. A ticket shown with the wrong secret or for the wrong purpose stays unused, so
 * nobody can burn another's ticket by its lookup id.
 *
 * @throws AuthError `TICKET_INVALID`, the same for every reason.
 */
export async function redeemTicket(
  settings: TicketSettings,
  token: unknown,
  purpose: string,
): Promise<TicketSubject> {
  const parsed = parseToken(token, 'ticket');
  if (!parsed) throw new AuthError('TICKET_INVALID');
  const record = await settings.store.find(parsed.lookup);
  const now = settings.clock();
  const fits = matchesDigest(parsed, record?.digest);
  if (
    !fits ||
    !record ||
    record.purpose !== purpose ||
    record.usedAt !== null ||
    record.expiresAt.getTime() <= now
  ) {
    throw new AuthError('TICKET_INVALID');
  }
  if (!(await settings.store.consume(parsed.lookup, new Date(now)))) throw new AuthError('TICKET_INVALID');
  return { userId: record.userId, sessionId: record.sessionId, purpose: record.purpose };
}
