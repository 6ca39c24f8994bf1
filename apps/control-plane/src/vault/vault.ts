import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';
import type { KeyRing } from './key-ring.js';
import { VaultError } from './vault-error.js';

/** Where a sealed secret belongs; a sealed text opens there and nowhere else. */
export interface SecretPlace {
  readonly agentId: string;
  readonly secretId: string;
}

/** Seals and opens texts. */
export interface Vault {
  /** Id of the key that seals. */
  readonly keyId: string;
  /** Gives the sealed form of a text: `cfv1.<key id>.<salt>.<nonce>.<ciphertext and tag>`; twice is never the same. */
  seal(place: SecretPlace, text: string): string;
  /** Gives the text back. Throws `VAULT_FORMAT`, `VAULT_KEY_UNKNOWN` or `VAULT_TAMPERED`. */
  open(place: SecretPlace, sealed: string): string;
}

const FORMAT = 'cfv1';
const SALT_BYTES = 24;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Gives a vault over a key ring: AES-256-GCM under a key of its own per record, which lifts the limit of 2^32 random nonces
 * per key, with format, agent, secret and key id authenticated, so that a row cannot be moved to another place
 * (research/secrets.md section 7).
 */
export function createVault(ring: KeyRing): Vault {
  return {
    keyId: ring.first.id,
    seal(place, text) {
      const { id, key } = ring.first;
      const salt = randomBytes(SALT_BYTES);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', recordKey(key, salt), nonce, {
        authTagLength: TAG_BYTES,
      }).setAAD(context(place, id));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return [FORMAT, id, ...[salt, nonce, sealed].map((part) => part.toString('base64url'))].join('.');
    },
    open(place, sealed) {
      const { keyId, salt, nonce, ciphertext, tag } = parse(sealed);
      const { key } = ring.get(keyId);
      const decipher = createDecipheriv('aes-256-gcm', recordKey(key, salt), nonce, {
        authTagLength: TAG_BYTES,
      })
        .setAAD(context(place, keyId))
        .setAuthTag(tag);
      try {
        return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
      } catch {
        throw new VaultError('VAULT_TAMPERED', 'the secret was altered or belongs to another place');
      }
    },
  };
}

function recordKey(key: KeyObject, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, salt, 'clawforce.vault.record.v1', 32));
}

/** JSON keeps the parts apart: no two places have the same bytes. */
function context({ agentId, secretId }: SecretPlace, keyId: string): Buffer {
  return Buffer.from(JSON.stringify([FORMAT, agentId, secretId, keyId]));
}

interface SealedParts {
  readonly keyId: string;
  readonly salt: Buffer;
  readonly nonce: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

function parse(sealed: string): SealedParts {
  const [format, keyId, ...encoded] = sealed.split('.');
  const parts = encoded.map((part) => Buffer.from(part, 'base64url'));
  const canonical = parts.every((part, index) => part.toString('base64url') === encoded[index]);
  const [salt, nonce, body] = parts;
  if (
    format !== FORMAT ||
    keyId === undefined ||
    parts.length !== 3 ||
    !canonical ||
    salt?.length !== SALT_BYTES ||
    nonce?.length !== NONCE_BYTES ||
    body === undefined ||
    body.length < TAG_BYTES
  ) {
    throw new VaultError('VAULT_FORMAT', 'the text is not a sealed secret');
  }
  const end = body.length - TAG_BYTES;
  return { keyId, salt, nonce, ciphertext: body.subarray(0, end), tag: body.subarray(end) };
}
