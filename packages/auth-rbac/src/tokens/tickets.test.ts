import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryTicketStore } from './memory-ticket-store.js';
import { issueToken } from './opaque-token.js';
import { createTokenService, type TokenService } from './token-service.js';

let now: number;
let tokens: TokenService;
const subject = { userId: 'u1', sessionId: 's1', purpose: 'ui' };
const invalid = { code: 'TICKET_INVALID', status: 401 };

beforeEach(() => {
  now = Date.UTC(2026, 10, 24);
  tokens = createTokenService({
    keys: [{ kid: 'k1', secret: randomBytes(32) }],
    issuer: 'i',
    audience: 'a',
    ticketStore: new MemoryTicketStore(),
    clock: () => now,
  });
});

describe('tickets', () => {
  test('work once', async () => {
    const { token, expiresAt } = await tokens.issueTicket(subject);
    expect(token).toMatch(/^cft_/);
    expect(expiresAt).toEqual(new Date(now + 30_000));
    expect(await tokens.redeemTicket(token, 'ui')).toEqual(subject);
    await expect(tokens.redeemTicket(token, 'ui')).rejects.toMatchObject(invalid);
  });

  test('of fifty parallel redemptions one succeeds', async () => {
    const { token } = await tokens.issueTicket(subject);
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, () => tokens.redeemTicket(token, 'ui')),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('live for 30 s', async () => {
    const early = await tokens.issueTicket(subject);
    const late = await tokens.issueTicket(subject);
    now += 29_999;
    expect(await tokens.redeemTicket(early.token, 'ui')).toEqual(subject);
    now += 1;
    await expect(tokens.redeemTicket(late.token, 'ui')).rejects.toMatchObject(invalid);
  });

  test('admit to their purpose only, and a wrong guess does not burn them', async () => {
    const { token } = await tokens.issueTicket(subject);
    const lookup = token.split('_')[1]!;
    await expect(tokens.redeemTicket(token, 'process-logs:a1')).rejects.toMatchObject(invalid);
    await expect(
      tokens.redeemTicket(issueToken('ticket').token.replace(/_\w{12}_/, `_${lookup}_`), 'ui'),
    ).rejects.toMatchObject(invalid);
    expect(await tokens.redeemTicket(token, 'ui')).toEqual(subject);
  });

  test('access and refresh tokens are no tickets', async () => {
    for (const text of [tokens.issueAccess(subject).token, issueToken('refresh').token, undefined, '']) {
      await expect(tokens.redeemTicket(text, 'ui')).rejects.toMatchObject(invalid);
    }
  });

  test('expired ones do not pile up in the memory store', async () => {
    const store = new MemoryTicketStore();
    const service = createTokenService({
      keys: [{ kid: 'k1', secret: randomBytes(32) }],
      issuer: 'i',
      audience: 'a',
      ticketStore: store,
      clock: () => now,
    });
    const { token } = await service.issueTicket(subject);
    now += 11 * 60_000;
    await service.issueTicket(subject);
    expect(await store.find(token.split('_')[1]!)).toBeUndefined();
  });
});
