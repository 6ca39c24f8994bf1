import { createSecretKey, KeyObject } from 'node:crypto';
import { isObject, objectOf, pointerTo, type Json, type JsonObject } from './json.js';
import { hasPlaceholder, placeholderOf } from './placeholder.js';
import { PlaceholderError } from './placeholder-error.js';
import { compileSchema, type Schema, type SchemaView } from './schema-view.js';

/** What names a configuration and its secrets. */
export interface RedactOptions {
  /** Names the configuration: a placeholder of one fits no other. */
  readonly configId: string;
  /** Stable ids of secrets by JSON Pointer; a placeholder then survives a change of its secret's value. */
  readonly secretIds?: Readonly<Record<string, string>>;
}

/** What a body is restored against. */
export interface RestoreOptions extends RedactOptions {
  /** The configuration as it is stored now, with its secrets. */
  readonly stored: unknown;
}

/** Options of {@link createRedactor}. */
export interface RedactorOptions {
  /** Key of the placeholders, at least 32 bytes; the same over restarts, or clients have to read again. */
  readonly key: KeyObject | Uint8Array;
}

/** Takes secrets out of configurations and puts them back. It mutates nothing. */
export interface Redactor {
  /** Gives the configuration with a placeholder in each place of a secret; nothing of a secret remains. */
  redact(config: unknown, options: RedactOptions): Json;
  /**
   * Gives the body of a PUT with its placeholders replaced by the stored secrets: what is absent is deleted, `null` and
   * `""` clear, another text sets. @throws PlaceholderError, and then nothing may be stored
   */
  restore(putBody: unknown, options: RestoreOptions): Json;
  /** The same for a JSON Merge Patch (RFC 7396) that was made against the redacted view. @throws PlaceholderError */
  restorePatch(patchBody: unknown, options: RestoreOptions): Json;
}

const MAX_DEPTH = 64;
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__']);

interface StoredSecret {
  readonly value: Json;
  /** The field that says where the secret is sent, as it was stored with it. */
  readonly bound: Json | undefined;
}

/** Compiles a schema into a redactor. @throws TypeError that names what is wrong with schema or options */
export function createRedactor(schema: Schema, options: RedactorOptions): Redactor {
  const view = compileSchema(schema);
  const key = keyOf(options);

  const handleOf = (value: Json, pointer: string, { configId, secretIds }: RedactOptions): string => {
    const id = secretIds && Object.hasOwn(secretIds, pointer) ? secretIds[pointer] : undefined;
    return placeholderOf(key, configId, id === undefined ? { value } : { id });
  };

  const redact = (config: unknown, named: RedactOptions): Json => {
    checkId(named);
    return mapSecrets(config as Json, view, '', undefined, (value, pointer) =>
      handleOf(value, pointer, named),
    );
  };

  const restore = (body: unknown, named: RestoreOptions): Json => {
    checkId(named);
    const secrets = new Map<string, StoredSecret>();
    mapSecrets((named.stored ?? {}) as Json, view, '', undefined, (value, pointer, place, parent) => {
      secrets.set(handleOf(value, pointer, named), { value, bound: boundField(place, parent) });
      return null;
    });
    return restoreValue(body as Json, view, '', undefined, secrets, 0);
  };

  return {
    redact,
    restore,
    restorePatch: (patch, named) =>
      restore(mergePatch(redact(named.stored ?? {}, named), patch as Json, '', 0), named),
  };
}

type OnSecret = (value: Json, pointer: string, place: SchemaView, parent: JsonObject | undefined) => Json;

/** Gives the document with every secret replaced; unset secrets (`null`, `""`) and missing ones stay as they are. */
function mapSecrets(
  value: Json | undefined,
  place: SchemaView,
  pointer: string,
  parent: JsonObject | undefined,
  onSecret: OnSecret,
): Json {
  if (value === undefined || value === null || value === '') return value ?? null;
  if (place.secret) return onSecret(value, pointer, place, parent);
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((item, index) =>
      mapSecrets(item, place.item(index), pointerTo(pointer, index), undefined, onSecret),
    );
  }
  if (!isObject(value)) return value;
  return objectOf(
    Object.entries(value)
      .filter(([, member]) => (member as unknown) !== undefined)
      .map(([name, member]) => [
        name,
        mapSecrets(member, place.member(name), pointerTo(pointer, name), value, onSecret),
      ]),
  );
}

function restoreValue(
  value: Json,
  place: SchemaView,
  pointer: string,
  parent: JsonObject | undefined,
  secrets: ReadonlyMap<string, StoredSecret>,
  depth: number,
): Json {
  if (depth > MAX_DEPTH) throw new PlaceholderError('too_deep', pointer);
  if (typeof value === 'string') {
    if (!hasPlaceholder(value)) return value;
    if (!place.secret) throw new PlaceholderError('placeholder_outside_secret', pointer);
    const stored = secrets.get(value);
    if (!stored) throw new PlaceholderError('unknown_placeholder', pointer);
    const bound = boundField(place, parent);
    if (place.boundTo !== undefined && JSON.stringify(bound) !== JSON.stringify(stored.bound)) {
      throw new PlaceholderError('bound_field_changed', pointer);
    }
    return structuredClone<Json>(stored.value);
  }
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((item, index) =>
      restoreValue(item, place.item(index), pointerTo(pointer, index), undefined, secrets, depth + 1),
    );
  }
  if (!isObject(value)) return value;
  return objectOf(
    Object.entries(value).map(([name, member]) => {
      const at = pointerTo(pointer, name);
      if (FORBIDDEN.has(name)) throw new PlaceholderError('forbidden_key', at);
      if (hasPlaceholder(name)) throw new PlaceholderError('placeholder_as_key', at);
      return [name, restoreValue(member, place.member(name), at, value, secrets, depth + 1)];
    }),
  );
}

/** JSON Merge Patch, RFC 7396 section 2. */
function mergePatch(target: Json, patch: Json, pointer: string, depth: number): Json {
  if (depth > MAX_DEPTH) throw new PlaceholderError('too_deep', pointer);
  if (!isObject(patch)) return patch;
  const members = new Map<string, Json>(isObject(target) ? Object.entries(target) : []);
  for (const [name, member] of Object.entries(patch)) {
    const at = pointerTo(pointer, name);
    if (FORBIDDEN.has(name)) throw new PlaceholderError('forbidden_key', at);
    if (member === null) members.delete(name);
    else members.set(name, mergePatch(members.get(name) ?? {}, member, at, depth + 1));
  }
  return objectOf([...members]);
}

function boundField(place: SchemaView, parent: JsonObject | undefined): Json | undefined {
  const { boundTo } = place;
  return boundTo !== undefined && parent && Object.hasOwn(parent, boundTo) ? parent[boundTo] : undefined;
}

function keyOf({ key }: RedactorOptions): KeyObject {
  const object =
    key instanceof KeyObject ? key : key instanceof Uint8Array ? createSecretKey(key) : undefined;
  if (object?.type !== 'secret' || (object.symmetricKeySize ?? 0) < 32) {
    throw new TypeError('key: expected a secret of at least 32 bytes');
  }
  return object;
}

function checkId({ configId }: RedactOptions): void {
  if (typeof configId !== 'string' || configId === '') throw new TypeError('configId: expected a text');
}
