import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import { VaultError } from './vault-error.js';

/** Length of a master key in bytes. */
export const MASTER_KEY_BYTES = 32;

/** One master key; as a KeyObject, which prints no bytes. */
export interface MasterKey {
  /** Derived from the key, so that the same key has the same id everywhere; says nothing about the key. */
  readonly id: string;
  readonly key: KeyObject;
}

/** Keys by which secrets can be read; the first one seals. */
export interface KeyRing {
  readonly first: MasterKey;
  /** Throws `VAULT_KEY_UNKNOWN`. */
  get(id: string): MasterKey;
}

/**
 * Gives a key ring of one or more 32-byte keys. Several keys are how a key is replaced: the new one in front, the old one
 * behind it until everything has been sealed again. Throws `VAULT_KEY_INVALID`; there is no mode without a key.
 */
export function createKeyRing(keys: readonly Uint8Array[]): KeyRing {
  const byId = new Map<string, MasterKey>();
  for (const bytes of keys) {
    if (bytes.length !== MASTER_KEY_BYTES) {
      throw new VaultError('VAULT_KEY_INVALID', `a master key has ${MASTER_KEY_BYTES} bytes`);
    }
    if (new Set(bytes).size < 8) {
      throw new VaultError('VAULT_KEY_INVALID', 'a master key is not random');
    }
    const id = createHash('sha256')
      .update('clawforce.vault.key-id.v1\0')
      .update(bytes)
      .digest('base64url')
      .slice(0, 11);
    byId.set(id, { id, key: createSecretKey(bytes) });
  }
  const [first] = byId.values();
  if (first === undefined) throw new VaultError('VAULT_KEY_INVALID', 'the vault needs a master key');
  return {
    first,
    get(id) {
      const key = byId.get(id);
      if (key === undefined) {
        throw new VaultError('VAULT_KEY_UNKNOWN', 'the secret was sealed with a master key that is not here');
      }
      return key;
    },
  };
}

/**
 * Reads master keys from text: 32 bytes each in base64, base64url or hex, separated by commas or white space, the sealing
 * key first. Throws `VAULT_KEY_INVALID` without repeating the text.
 */
export function parseMasterKeys(text: string): readonly Uint8Array[] {
  return text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map((part) => {
      if (/^[0-9a-f]{64}$/i.test(part)) return Buffer.from(part, 'hex');
      if (/^[A-Za-z0-9+/_-]{43}=?$/.test(part)) {
        const bytes = Buffer.from(part, 'base64');
        if (bytes.length === MASTER_KEY_BYTES) return bytes;
      }
      throw new VaultError('VAULT_KEY_INVALID', 'a master key is 32 bytes in base64 or hex');
    });
}
