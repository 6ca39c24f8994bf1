import { createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createAgentTokens } from './agent-tokens.js';
import { MemoryRefreshStore } from './memory-refresh-store.js';
import { MemoryTicketStore } from './memory-ticket-store.js';
import { createTokenService } from './token-service.js';

const secret = randomBytes(32);
const tokens = createTokenService({
  keys: [{ kid: 'k1', secret }],
  issuer: 'i',
  audience: 'a',
  refreshStore: new MemoryRefreshStore(),
  ticketStore: new MemoryTicketStore(),
});
const agentTokens = createAgentTokens();
const ids = { userId: 'u1', sessionId: 's1' };

test('of all pairs of token and place to present it, only the diagonal is accepted', async () => {
  const agent = agentTokens.issueAgentToken();
  const join = agentTokens.issueJoinCredential();
  const made: Record<string, () => Promise<string>> = {
    access: () => Promise.resolve(tokens.issueAccess(ids).token),
    refresh: async () => (await tokens.issueRefresh(ids)).token,
    ticket: async () => (await tokens.issueTicket({ ...ids, purpose: 'ui' })).token,
    agent: () => Promise.resolve(agent.token),
    join: () => Promise.resolve(join.token),
  };
  const places: Record<string, (token: string) => unknown> = {
    access: (token) => tokens.verifyAccess(token),
    refresh: (token) => tokens.rotateRefresh(token),
    ticket: (token) => tokens.redeemTicket(token, 'ui'),
    agent: (token) => {
      if (!agentTokens.matches(token, 'agent', agent.digest)) throw new Error('refused');
    },
    join: (token) => {
      if (!agentTokens.matches(token, 'join', join.digest)) throw new Error('refused');
    },
  };
  const accepted: string[] = [];
  for (const [kind, make] of Object.entries(made)) {
    for (const [place, present] of Object.entries(places)) {
      const token = await make();
      await Promise.resolve()
        .then(() => present(token))
        .then(
          () => accepted.push(`${kind} as ${place}`),
          () => undefined,
        );
    }
  }
  expect(accepted).toEqual(
    ['access', 'refresh', 'ticket', 'agent', 'join'].map((kind) => `${kind} as ${kind}`),
  );
});

test('a header that points to a server of the attacker makes no request', async () => {
  let requests = 0;
  const trap = createServer((_request, response) => {
    requests += 1;
    response.end('{"keys":[]}');
  });
  await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/keys`;
  try {
    const claims = JSON.parse(
      Buffer.from(tokens.issueAccess(ids).token.split('.')[1]!, 'base64url').toString(),
    );
    for (const extra of [{ jku: url }, { x5u: url }, { kid: url }, { crit: ['jku'], jku: url }]) {
      const body = [{ alg: 'HS256', typ: 'at+jwt', kid: 'k1', ...extra }, claims]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      const token = `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
      expect(() => tokens.verifyAccess(token)).toThrow(expect.objectContaining({ status: 401 }));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(requests).toBe(0);
    await fetch(url);
    expect(requests).toBe(1);
  } finally {
    await new Promise((resolve) => trap.close(resolve));
  }
});
