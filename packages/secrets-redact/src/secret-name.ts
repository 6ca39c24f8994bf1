const SECRET_WORDS =
  /(^|_)(passw(or)?d|passphrase|passwd|pwd|secrets?|tokens?|api_?keys?|apikeys?|access_?keys?|private_?keys?|client_?secrets?|credentials?|authorization|cookies?|bearer|auth_?keys?|signing_?keys?|encrypt(ion)?_?keys?|webhook_?url|dsn|connection_?string|pin|otp|seed_?phrase|session_?key)($|_)/;
// Names that only count, limit or point at secrets.
const COUNTERS =
  /(^|_)(max|min|num|count|total|limit|budget|used|input|output|prompt|completion|cached)_?(tokens?|secrets?)($|_)|(tokens?|secrets?)_(count|limit|budget|type|name|id|ids|url|uri|path|ttl|expiry|expires|expires_in|expires_at|per_\w+|length)$|(^|_)public_key($|_)/;

/** Tells whether a key that no schema knows is named like a secret: `apiKey`, `db_password`, but not `max_tokens`. */
export function isSecretName(key: string): boolean {
  const name = key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase();
  return SECRET_WORDS.test(name) && !COUNTERS.test(name);
}
