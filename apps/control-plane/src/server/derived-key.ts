import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** Gives a key for one purpose, derived from the server's signing secret (HKDF-SHA256, RFC 5869): 32 bytes. */
export function derivedKey(secret: KeyObject, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `clawforce/${purpose}`, 32)));
}
