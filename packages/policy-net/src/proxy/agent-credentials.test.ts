import type * as crypto from 'node:crypto';
import { beforeEach, expect, test, vi } from 'vitest';
import { credentialDigest, identifyByCredentials } from './agent-credentials.js';

/** What was compared in constant time: the lengths of both sides, and the outcome. */
const compared = vi.hoisted(() => [] as [number, number, boolean][]);
vi.mock('node:crypto', async (original) => {
  const real = await original<typeof crypto>();
  return {
    ...real,
    timingSafeEqual: (one: Buffer, other: Buffer): boolean => {
      const equal = real.timingSafeEqual(one, other);
      compared.push([one.length, other.length, equal]);
      return equal;
    },
  };
});
beforeEach(() => void compared.splice(0));

const token = 'a'.repeat(40);
const identify = identifyByCredentials({ a1: credentialDigest(token) });
const ask = (username: string, password: string): unknown =>
  identify({ listener: { port: 1 }, remoteAddress: '127.0.0.1', credentials: { username, password } });

test.each([
  ['a1', token, 'a1', true],
  ['a1', 'b'.repeat(40), undefined, false],
  ['a1', '', undefined, false],
  ['a1', 'a'.repeat(10_000), undefined, false],
  ['nobody', token, undefined, false],
  ['__proto__', '', undefined, false],
])('%s with a password is compared once, in constant time, as digests', (name, password, agent, equal) => {
  expect(ask(name, password)).toBe(agent);
  expect(compared).toEqual([[32, 32, equal]]);
});

test('whose digest is all zeros is nobody, known or not', () => {
  const zeros = identifyByCredentials({ a1: '0'.repeat(64) });
  const credentials = { username: 'b2', password: token };
  expect(zeros({ listener: { port: 1 }, remoteAddress: undefined, credentials })).toBeUndefined();
  expect(compared).toEqual([[32, 32, false]]);
});
