import type { ConfigSchema } from './agent-config-schema.js';

/** A key given in two spellings at once. */
export interface KeyConflict {
  /** JSON pointer of the object that holds both. */
  readonly pointer: string;
  readonly canonical: string;
  readonly alias: string;
}

const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (key: string): string =>
  key.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());

/**
 * Gives a copy of a configuration in which every key that the schema knows under its other spelling (camelCase or
 * snake_case) is spelled as the schema spells it. Keys of free maps (provider names, variables) stay as they are.
 */
export function normalizeKeys(
  schema: ConfigSchema,
  value: unknown,
  conflicts: KeyConflict[] = [],
  pointer = '',
): unknown {
  if (Array.isArray(value)) {
    const items = schema['items'] as ConfigSchema | undefined;
    return items
      ? value.map((item, index) => normalizeKeys(items, item, conflicts, `${pointer}/${String(index)}`))
      : value;
  }
  if (typeof value !== 'object' || value === null) return value;

  const known = schema['properties'] as Readonly<Record<string, ConfigSchema>> | undefined;
  const rest = schema['additionalProperties'] as ConfigSchema | boolean | undefined;
  const result: [string, unknown][] = [];
  for (const [key, member] of Object.entries(value)) {
    const name = known ? canonicalKey(known, key) : key;
    if (name !== key && Object.hasOwn(value, name)) conflicts.push({ pointer, canonical: name, alias: key });
    const inner =
      known && Object.hasOwn(known, name) ? known[name] : typeof rest === 'object' ? rest : undefined;
    result.push([name, inner ? normalizeKeys(inner, member, conflicts, `${pointer}/${name}`) : member]);
  }
  // fromEntries defines own properties, so a key named __proto__ stays a key and is refused by the schema.
  return Object.fromEntries(result);
}

function canonicalKey(known: Readonly<Record<string, ConfigSchema>>, key: string): string {
  if (Object.hasOwn(known, key)) return key;
  for (const other of [snake(key), camel(key)]) if (Object.hasOwn(known, other)) return other;
  return key;
}
