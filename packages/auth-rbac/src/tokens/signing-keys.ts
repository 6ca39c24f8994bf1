import { createSecretKey, hkdfSync, KeyObject } from 'node:crypto';

/** One signing secret with its id. */
export interface SigningKey {
  /** 1 to 64 of letters, digits, `-` and `_`. */
  readonly kid: string;
  /** At least 32 bytes (RFC 7518 section 3.2). A string is refused: jsonwebtoken takes 80 times longer with one. */
  readonly secret: KeyObject | Uint8Array;
}

/** The closed set of keys of a token service. */
export interface KeyRing {
  readonly signing: { readonly kid: string; readonly key: KeyObject };
  /** Gives the key of an id; nothing but this map is asked. */
  find(kid: string): KeyObject | undefined;
  /** One key for each signing key, newest first, from which successors of refresh tokens derive. */
  readonly refreshKeys: readonly KeyObject[];
}

const KID = /^[\w-]{1,64}$/;

/**
 * Gives the ring of the keys. The first signs; all verify, so an old secret stays until its last token has expired.
 *
 * @throws TypeError for an empty list, a string secret, a short secret, a bad or repeated id.
 */
export function createKeyRing(keys: unknown): KeyRing {
  if (!Array.isArray(keys) || keys.length === 0)
    throw new TypeError('keys must be a list with at least one key');
  const ring = new Map<string, KeyObject>();
  for (const { kid, secret } of keys as SigningKey[]) {
    if (typeof kid !== 'string' || !KID.test(kid)) {
      throw new TypeError('keys: kid must be 1 to 64 of letters, digits, "-" and "_"');
    }
    if (ring.has(kid)) throw new TypeError(`keys: kid ${kid} is there twice`);
    ring.set(kid, secretKey(kid, secret));
  }
  const [first] = ring;
  if (!first) throw new TypeError('keys must be a list with at least one key');
  return {
    signing: { kid: first[0], key: first[1] },
    find: (kid) => ring.get(kid),
    refreshKeys: [...ring.values()].map(refreshKey),
  };
}

function secretKey(kid: string, secret: unknown): KeyObject {
  if (typeof secret === 'string') {
    throw new TypeError(`keys: the secret of ${kid} is a string; pass its bytes or createSecretKey(bytes)`);
  }
  if (!(secret instanceof KeyObject) && !(secret instanceof Uint8Array)) {
    throw new TypeError(`keys: the secret of ${kid} must be a KeyObject or bytes`);
  }
  const key = secret instanceof KeyObject ? secret : createSecretKey(secret);
  if (key.type !== 'secret' || (key.symmetricKeySize ?? 0) < 32) {
    throw new TypeError(`keys: the secret of ${kid} must be a symmetric key of at least 32 bytes`);
  }
  return key;
}

// A key of its own, so that no signature ever doubles as a refresh token.
function refreshKey(key: KeyObject): KeyObject {
  const bytes = hkdfSync('sha256', key, '', '@clawforce/auth-rbac refresh successor v1', 32);
  return createSecretKey(new Uint8Array(bytes));
}
