import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createAgentTokens } from './agent-tokens.js';
import { base62 } from './base62.js';
import {
  describeToken,
  issueToken,
  matchesDigest,
  parseToken,
  TOKEN_PREFIXES,
  type TokenKind,
} from './opaque-token.js';

const kinds = Object.keys(TOKEN_PREFIXES) as TokenKind[];

describe('opaque tokens', () => {
  test('have prefix, 12-digit lookup id, 43-digit secret and 6-digit checksum, and store only a digest', () => {
    const { token, lookup, digest } = issueToken('agent');
    expect(token).toMatch(/^cfa_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
    const secret = token.split('_')[2]!;
    expect(token.split('_')[1]).toBe(lookup);
    expect(digest).toBe(createHash('sha256').update(secret).digest('hex'));
    expect(parseToken(token, 'agent')).toEqual({ kind: 'agent', lookup, secret });
  });

  test('carry 256 random bits: 43 digits hold the largest value', () => {
    expect(base62(Buffer.alloc(32, 255), 43)).toBe(base62(Buffer.alloc(32, 255), 44).slice(1));
    expect(base62(Buffer.alloc(32), 43)).toBe('0'.repeat(43));
    expect(new Set(Array.from({ length: 1000 }, () => issueToken('agent').lookup)).size).toBe(1000);
  });

  test('one kind never passes for another: of all pairs only the diagonal is accepted', () => {
    for (const made of kinds) {
      const { token } = issueToken(made);
      expect(kinds.filter((wanted) => parseToken(token, wanted) !== undefined)).toEqual([made]);
      const renamed = kinds
        .filter((kind) => kind !== made)
        .map((kind) => TOKEN_PREFIXES[kind] + token.slice(3));
      for (const fake of renamed) expect(kinds.some((kind) => parseToken(fake, kind))).toBe(false);
    }
  });

  test('random text of the right shape is refused without a database: 0 of 100,000', () => {
    let accepted = 0;
    for (let round = 0; round < 100_000; round++) {
      const bytes = randomBytes(61);
      const text = `cfa_${base62(bytes.subarray(0, 12), 12)}_${base62(bytes.subarray(12, 53), 43)}_${base62(bytes.subarray(53), 6)}`;
      if (parseToken(text, 'agent')) accepted += 1;
    }
    expect(accepted).toBe(0);
  });

  test('every change of one character is refused without a database', () => {
    const { token } = issueToken('agent');
    for (let index = 0; index < token.length; index++) {
      for (const character of ['A', 'b', '7', '_', '-', ' ']) {
        const changed = token.slice(0, index) + character + token.slice(index + 1);
        if (changed !== token) expect(parseToken(changed, 'agent')).toBeUndefined();
      }
    }
  });

  test.each([
    undefined,
    null,
    7,
    {},
    [],
    '',
    'cfa___',
    `${issueToken('agent').token}\n`,
    ` ${issueToken('agent').token}`,
  ])('%j is no token', (text) => {
    expect(parseToken(text, 'agent')).toBeUndefined();
  });

  test('a stored digest fits its own token only; no digest and a broken one fit nothing', () => {
    const one = issueToken('agent');
    const two = issueToken('agent');
    const parsed = parseToken(one.token, 'agent')!;
    expect(matchesDigest(parsed, one.digest)).toBe(true);
    expect(matchesDigest(parsed, one.digest.toUpperCase())).toBe(true);
    for (const digest of [two.digest, undefined, '', 'zz', one.digest.slice(0, 62), `${one.digest}00`]) {
      expect(matchesDigest(parsed, digest)).toBe(false);
    }
  });

  test('may be logged by kind and lookup id, never by secret', () => {
    const { token, lookup } = issueToken('join');
    expect(describeToken(token)).toBe(`cfj_${lookup}_…`);
    expect(describeToken(`${token}x`)).toBeUndefined();
  });
});

describe('createAgentTokens', () => {
  const tokens = createAgentTokens();

  test('a thief of the database has no usable token', () => {
    const { lookup, digest } = tokens.issueAgentToken();
    for (const guess of [digest, lookup, `cfa_${lookup}_${digest.slice(0, 43)}_000000`]) {
      expect(tokens.matches(guess, 'agent', digest)).toBe(false);
    }
  });

  test('a join credential is no agent token and the reverse', () => {
    const agent = tokens.issueAgentToken();
    const join = tokens.issueJoinCredential();
    expect(tokens.matches(agent.token, 'agent', agent.digest)).toBe(true);
    expect(tokens.matches(join.token, 'join', join.digest)).toBe(true);
    expect(tokens.matches(agent.token, 'join', agent.digest)).toBe(false);
    expect(tokens.matches(join.token, 'agent', join.digest)).toBe(false);
  });

  test('the store is asked by lookup id, once, and not at all for garbage', async () => {
    const { token, lookup, digest } = tokens.issueAgentToken();
    const asked: string[] = [];
    const find = (id: string): Promise<{ digest: string; agentId: string } | undefined> => {
      asked.push(id);
      return Promise.resolve(id === lookup ? { digest, agentId: 'a1' } : undefined);
    };
    expect(await tokens.authenticate(token, 'agent', find)).toEqual({ digest, agentId: 'a1' });
    expect(await tokens.authenticate(tokens.issueAgentToken().token, 'agent', find)).toBeUndefined();
    expect(await tokens.authenticate('cfa_garbage', 'agent', find)).toBeUndefined();
    expect(asked).toHaveLength(2);
    expect(asked[0]).toBe(lookup);
  });
});
