import { createSecretKey, KeyObject } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isObject, objectOf, pointerTo, type Json, type JsonObject } from './json.js';
import { hasPlaceholder, placeholderOf } from './placeholder.js';
import { PlaceholderError } from './placeholder-error.js';
import { compileSchema, type SchemaView } from './schema-view.js';
import type { Schema } from './schema-walk.js';

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
  /**
   * Gives the configuration with a placeholder in each place of a secret; nothing of a secret remains there.
   * @throws PlaceholderError `too_deep`; TypeError for what is no JSON
   */
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
  /** The fields that say where the secret is sent, as they were stored with it. */
  readonly target: Target;
}

/** Where a secret is sent: `undefined` when the schema binds it to nothing. */
type Target = readonly (Json | undefined)[] | undefined;

/** Compiles a schema into a redactor. @throws TypeError that names what is wrong with schema or options */
export function createRedactor(schema: Schema, options: RedactorOptions): Redactor {
  const view = compileSchema(schema);
  const key = keyOf(options);

  const handleOf = (value: Json, pointer: string, { configId, secretIds }: RedactOptions): string => {
    const id = secretIds && Object.hasOwn(secretIds, pointer) ? secretIds[pointer] : undefined;
    return placeholderOf(key, configId, id === undefined ? { value } : { id });
  };

  const redact = (config: unknown, named: RedactOptions): Json => {
    checkNames(named);
    return mapSecrets(config, view, '', [], 0, (value, pointer) => handleOf(value, pointer, named));
  };

  const restore = (body: unknown, named: RestoreOptions): Json => {
    checkNames(named);
    const secrets = new Map<string, StoredSecret[]>();
    mapSecrets(named.stored ?? {}, view, '', [], 0, (value, pointer, place, parents) => {
      const handle = handleOf(value, pointer, named);
      const same = secrets.get(handle) ?? [];
      secrets.set(handle, [...same, { value, target: targetOf(place, parents) }]);
      return null;
    });
    return restoreValue(body, view, '', [], secrets, 0);
  };

  return {
    redact,
    restore,
    restorePatch: (patch, named) =>
      restore(mergePatch(redact(named.stored ?? {}, named), patch as Json, '', 0), named),
  };
}

/** The objects around a value, the nearest last; `undefined` stands for a list. */
type Parents = readonly (JsonObject | undefined)[];
type OnSecret = (value: Json, pointer: string, place: SchemaView, parents: Parents) => Json;

/** Gives the document with every secret replaced; unset secrets (`null`, `""`) and missing ones stay as they are. */
function mapSecrets(
  value: unknown,
  place: SchemaView,
  pointer: string,
  parents: Parents,
  depth: number,
  onSecret: OnSecret,
): Json {
  if (depth > MAX_DEPTH) throw new PlaceholderError('too_deep', pointer);
  if (value === undefined || value === null || value === '') return value ?? null;
  if (place.secret === true || (place.secret === 'texts' && typeof value === 'string')) {
    return onSecret(value as Json, pointer, place, parents);
  }
  if (Array.isArray(value)) {
    return (value as readonly unknown[]).map((item, index) =>
      mapSecrets(
        item,
        place.item(index),
        pointerTo(pointer, index),
        [...parents, undefined],
        depth + 1,
        onSecret,
      ),
    );
  }
  if (!isObject(value)) return scalarOf(value, pointer);
  return objectOf(
    Object.entries(value)
      .filter(([, member]) => (member as unknown) !== undefined)
      .map(([name, member]) => [
        name,
        mapSecrets(
          member,
          place.member(name),
          pointerTo(pointer, name),
          [...parents, value],
          depth + 1,
          onSecret,
        ),
      ]),
  );
}

function restoreValue(
  value: unknown,
  place: SchemaView,
  pointer: string,
  parents: Parents,
  secrets: ReadonlyMap<string, readonly StoredSecret[]>,
  depth: number,
): Json {
  if (depth > MAX_DEPTH) throw new PlaceholderError('too_deep', pointer);
  if (typeof value === 'string') {
    return hasPlaceholder(value) ? storedSecret(value, place, pointer, parents, secrets) : value;
  }
  if (Array.isArray(value)) {
    return (value as readonly unknown[]).map((item, index) =>
      restoreValue(
        item,
        place.item(index),
        pointerTo(pointer, index),
        [...parents, undefined],
        secrets,
        depth + 1,
      ),
    );
  }
  if (!isObject(value)) return scalarOf(value, pointer);
  return objectOf(
    Object.entries(value)
      .filter(([, member]) => (member as unknown) !== undefined)
      .map(([name, member]) => {
        const at = pointerTo(pointer, name);
        // The pointer ends before a key that is a placeholder, so that an error does not carry it into a log.
        if (hasPlaceholder(name)) throw new PlaceholderError('placeholder_as_key', pointer);
        if (FORBIDDEN.has(name)) throw new PlaceholderError('forbidden_key', at);
        return [name, restoreValue(member, place.member(name), at, [...parents, value], secrets, depth + 1)];
      }),
  );
}

function storedSecret(
  placeholder: string,
  place: SchemaView,
  pointer: string,
  parents: Parents,
  secrets: ReadonlyMap<string, readonly StoredSecret[]>,
): Json {
  if (place.secret === false) throw new PlaceholderError('placeholder_outside_secret', pointer);
  const [first, ...others] = secrets.get(placeholder) ?? [];
  if (!first) throw new PlaceholderError('unknown_placeholder', pointer);
  // Such a place hides texts only: anything else would be shown there by the next read.
  if (place.secret === 'texts' && typeof first.value !== 'string') {
    throw new PlaceholderError('placeholder_outside_secret', pointer);
  }
  // Both ways: a bound secret that moves to a place without a bound would lose it.
  const target = targetOf(place, parents);
  if (![first, ...others].some((stored) => sameTarget(stored.target, target))) {
    throw new PlaceholderError('bound_field_changed', pointer);
  }
  return structuredClone<Json>(first.value);
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

function targetOf(place: SchemaView, parents: Parents): Target {
  if (place.boundTo.length === 0) return undefined;
  return place.boundTo.map((bound) => {
    const name = bound.replace(/^(?:\.\.\/)+/, '');
    const levels = (bound.length - name.length) / 3;
    const holder = parents.at(-1 - levels);
    return holder && Object.hasOwn(holder, name) ? holder[name] : undefined;
  });
}

function sameTarget(left: Target, right: Target): boolean {
  if (left === undefined || right === undefined) return left === right;
  const known = (fields: NonNullable<Target>): Json[] => fields.map((field) => field ?? null);
  return isDeepStrictEqual(known(left), known(right));
}

function scalarOf(value: unknown, pointer: string): Json {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new TypeError(`the document is not JSON: it has a ${typeof value} at "${pointer}"`);
}

function keyOf({ key }: RedactorOptions): KeyObject {
  const object =
    key instanceof KeyObject ? key : key instanceof Uint8Array ? createSecretKey(key) : undefined;
  if (object?.type !== 'secret' || (object.symmetricKeySize ?? 0) < 32) {
    throw new TypeError('key: expected a secret of at least 32 bytes');
  }
  return object;
}

function checkNames({ configId, secretIds = {} }: RedactOptions): void {
  if (typeof configId !== 'string' || configId === '') throw new TypeError('configId: expected a text');
  const ids = Object.values(secretIds);
  if (ids.some((id) => typeof id !== 'string' || id === '')) throw new TypeError('secretIds: expected texts');
  // One placeholder would stand for two secrets.
  if (new Set(ids).size !== ids.length) throw new TypeError('secretIds: an id is given to two secrets');
}
