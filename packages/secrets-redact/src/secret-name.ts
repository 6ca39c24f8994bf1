const COUNTERS =
  /(^|_)(max|min|num|count|total|limit|budget|used|per|n)_(\w{1,32}_)?(tokens?|secrets?)($|_)|(^|_)(input|output|prompt|completion|cached|reasoning)_tokens($|_)/;
// Names that describe or point at a secret. Not `id`: a `secret_id` is one (HashiCorp Vault AppRole).
const DESCRIPTIONS =
  /(tokens?|secrets?|keys?|passwords?|credentials?|cookies?)_(count|counts|limit|limits|budget|type|name|names|url|uri|endpoint|path|file|env|var|ttl|expiry|expires|expires_in|expires_at|length|size|policy|usage|per_\w{1,32}|rotation|version)$|(^|_)public_keys?($|_)/;
// The words may stand at the end of a name that is written in one piece: `PGPASSWORD`, `authtoken`.
const ENDINGS =
  /(passwords?|passwd|passphrase|passcode|secrets?|tokens?|api_?keys?|access_?keys?|private_?keys?|credentials?)$/;
const WORDS =
  /(^|_)(password|passwd|pwd|pass|passphrase|passcode|secrets?|tokens?|api_?keys?|access_?keys?|account_?key|private_?(keys?|pem)|secret_?keys?|client_?secrets?|credentials?|creds|authorization|cookies?|bearer|jwt|auth_?keys?|signing_?keys?|shared_?keys?|master_?keys?|encrypt(ion)?_?keys?|ssh_?keys?|webhook_?url|dsn|connection_?string|conn_?str|pin|otp|totp|mnemonic|seed_?phrase|session_?key|sas)($|_)/;

/** Tells whether a key that no schema spells out is named like a secret: `apiKey`, `PGPASSWORD`, not `max_tokens`. */
export function isSecretName(key: string): boolean {
  const name = key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase();
  if (COUNTERS.test(name) || DESCRIPTIONS.test(name)) return false;
  return WORDS.test(name) || ENDINGS.test(name);
}
