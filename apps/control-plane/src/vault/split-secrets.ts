import type { JsonValue } from '../storage/configs/config-store.js';
import type { IsSecret } from './secret-paths.js';
import { VaultError } from './vault-error.js';

/** Member name of a reference to a sealed secret. */
const REFERENCE = '$secret';

/** A secret value and where it was found. */
export interface FoundSecret {
  /** JSON Pointer (RFC 6901). */
  readonly pointer: string;
  readonly value: JsonValue;
}

/**
 * Gives the document with every secret replaced by `{ "$secret": <id> }`; `idFor` is asked once per secret. Null and the
 * empty text are no secrets and stay. Throws `VAULT_REFERENCE` when the document brings a reference of its own: it could
 * move a secret to where it would be shown.
 */
export function splitSecrets(
  document: JsonValue,
  isSecret: IsSecret,
  idFor: (secret: FoundSecret) => string,
): JsonValue {
  return walk(document, [], (value, path) => {
    if (isReference(value)) {
      throw new VaultError(
        'VAULT_REFERENCE',
        `a configuration cannot bring a reference (${pointerOf(path)})`,
      );
    }
    if (value === null || value === '' || !isSecret(path)) return undefined;
    return { [REFERENCE]: idFor({ pointer: pointerOf(path), value }) };
  });
}

/** Gives the document with every reference replaced by what `valueOf` gives. Throws `VAULT_REFERENCE` for one outside a secret place. */
export function joinSecrets(
  document: JsonValue,
  isSecret: IsSecret,
  valueOf: (id: string, pointer: string) => JsonValue,
): JsonValue {
  return walk(document, [], (value, path) => {
    if (!isReference(value)) return undefined;
    const id = value[REFERENCE];
    if (!isSecret(path) || typeof id !== 'string') {
      throw new VaultError(
        'VAULT_REFERENCE',
        `there is a reference where no secret belongs (${pointerOf(path)})`,
      );
    }
    return valueOf(id, pointerOf(path));
  });
}

type JsonObject = Readonly<Record<string, JsonValue>>;

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isReference(value: JsonValue): value is JsonObject {
  return isObject(value) && Object.hasOwn(value, REFERENCE);
}

function walk(
  value: JsonValue,
  path: readonly string[],
  replace: (value: JsonValue, path: readonly string[]) => JsonValue | undefined,
): JsonValue {
  const replaced = replace(value, path);
  if (replaced !== undefined) return replaced;
  if (Array.isArray(value)) {
    return (value as readonly JsonValue[]).map((item, index) =>
      walk(item, [...path, String(index)], replace),
    );
  }
  if (!isObject(value)) return value;
  // fromEntries defines members, so that `__proto__` stays a member like any other.
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, walk(item, [...path, name], replace)]),
  );
}

function pointerOf(path: readonly string[]): string {
  return path.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
