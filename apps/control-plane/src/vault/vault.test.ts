import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createKeyRing, parseMasterKeys } from './key-ring.js';
import { createVault } from './vault.js';

const place = { agentId: 'agent-1', secretId: 'secret-1' };
const key = (): Uint8Array => randomBytes(32);
const tampered = expect.objectContaining({ code: 'VAULT_TAMPERED' }) as Error;
const malformed = expect.objectContaining({ code: 'VAULT_FORMAT' }) as Error;

describe('sealing', () => {
  const vault = createVault(createKeyRing([key()]));

  test.each(['', 'x', 'a\0b', '🦀 ünï', 'y'.repeat(100_000)])('what is sealed opens as it was', (text) => {
    expect(vault.open(place, vault.seal(place, text))).toBe(text);
  });

  test('the same text sealed twice looks different and shows nothing of it', () => {
    const text = randomBytes(12).toString('hex');
    const [first, second] = [vault.seal(place, text), vault.seal(place, text)];
    expect(first).not.toBe(second);
    expect(first).toMatch(/^cfv1\.[\w-]{11}\.[\w-]{32}\.[\w-]{16}\.[\w-]+$/);
    expect(first).not.toContain(text);
    expect(first).not.toContain(Buffer.from(text).toString('base64url').slice(0, 8));
  });

  test('someone who may write to the database wants another agent to use a stolen row: every transplant fails', () => {
    const sealed = vault.seal(place, 'text');
    for (const other of [
      { ...place, agentId: 'agent-2' },
      { ...place, secretId: 'secret-2' },
      { agentId: place.secretId, secretId: place.agentId },
      { agentId: 'agent-1","secret-1', secretId: '' },
    ]) {
      expect(() => vault.open(other, sealed)).toThrow(tampered);
    }
  });

  test('every altered byte is noticed', () => {
    const sealed = vault.seal(place, 'text');
    const [format, id, ...parts] = sealed.split('.');
    let tried = 0;
    parts.forEach((part, index) => {
      const bytes = Buffer.from(part, 'base64url');
      for (let at = 0; at < bytes.length; at += 1) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
        const altered = parts.with(index, changed.toString('base64url'));
        expect(() => vault.open(place, [format, id, ...altered].join('.'))).toThrow(tampered);
        tried += 1;
      }
    });
    expect(tried).toBe(24 + 12 + 4 + 16);
  });

  test('a key id that is exchanged for the one of another key in the ring is noticed', () => {
    const [first, second] = [key(), key()];
    const both = createVault(createKeyRing([first, second]));
    const other = createVault(createKeyRing([second]));
    const parts = both.seal(place, 'text').split('.');
    expect(() => both.open(place, parts.with(1, other.keyId).join('.'))).toThrow(tampered);
  });

  test.each([
    '',
    'plain text',
    'cfv1',
    'cfv1.k.a.b',
    'cfv2.k.a.b.c',
    `cfv1.k.${'A'.repeat(32)}.${'A'.repeat(16)}.AAAA`,
    `cfv1.k.${'A'.repeat(32)}.${'A'.repeat(16)}.${'A'.repeat(40)}.x`,
    `cfv1.k.${'A'.repeat(32)}.${'A'.repeat(16)}.${'A'.repeat(40)}=`,
    `cfv1.k.${'A'.repeat(31)}.${'A'.repeat(16)}.${'A'.repeat(40)}`,
  ])('is no sealed text: %j', (text) => {
    expect(() => vault.open(place, text)).toThrow(malformed);
  });
});

describe('key ring', () => {
  test('an older key still opens, only the first seals, a missing one is named as missing', () => {
    const [older, newer] = [key(), key()];
    const sealed = createVault(createKeyRing([older])).seal(place, 'text');
    const vault = createVault(createKeyRing([newer, older]));
    expect(vault.open(place, sealed)).toBe('text');
    expect(vault.seal(place, 'text').split('.')[1]).toBe(vault.keyId);
    expect(vault.keyId).not.toBe(sealed.split('.')[1]);
    expect(() => createVault(createKeyRing([newer])).open(place, sealed)).toThrow(
      expect.objectContaining({ code: 'VAULT_KEY_UNKNOWN' }) as Error,
    );
  });

  test('there is no vault without a key, with a short one or with one that is not random', () => {
    const invalid = expect.objectContaining({ code: 'VAULT_KEY_INVALID' }) as Error;
    for (const keys of [
      [],
      [randomBytes(16)],
      [randomBytes(33)],
      [new Uint8Array(32)],
      [Buffer.alloc(32, 'ab')],
    ]) {
      expect(() => createKeyRing(keys)).toThrow(invalid);
    }
  });

  test('keys are read from base64, base64url and hex, the first one first', () => {
    const [first, second, third] = [randomBytes(32), randomBytes(32), randomBytes(32)];
    const text = `${first.toString('base64')},${second.toString('base64url')}\n${third.toString('hex')}\n`;
    expect(parseMasterKeys(text).map((bytes) => Buffer.from(bytes))).toEqual([first, second, third]);
  });

  test.each(['short', 'x'.repeat(43), 'A'.repeat(44), 'A'.repeat(86), 'zz'.repeat(32)])(
    'a text that is no key is refused without being repeated: %#',
    (text) => {
      let message = '';
      try {
        createKeyRing(parseMasterKeys(text));
      } catch (error) {
        message = error instanceof Error ? error.message : '';
      }
      expect(message).not.toBe('');
      expect(message).not.toContain(text);
    },
  );

  test('printing the ring shows no key', () => {
    const bytes = randomBytes(32);
    const ring = createKeyRing([bytes]);
    expect(JSON.stringify(ring)).not.toContain(bytes.toString('base64').slice(0, 10));
    expect(inspect(ring, { depth: 5 })).not.toContain(bytes.toString('hex').slice(0, 10));
  });
});
