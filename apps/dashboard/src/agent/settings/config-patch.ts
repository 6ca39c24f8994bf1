import { isRecord } from './is-record.js';

/** A change of a configuration as RFC 7396 has it: what is absent stays, null goes back to the default. */
export type ConfigPatch = Readonly<Record<string, unknown>>;

/** Gives the patch that sets the value at each JSON pointer; undefined goes back to the default. */
export function patchAt(values: Readonly<Record<string, unknown>>): ConfigPatch {
  const patch = node();
  for (const [pointer, value] of Object.entries(values)) {
    const path = namesOf(pointer);
    const last = path.pop() ?? '';
    let at = patch;
    for (const name of path) {
      const next = at[name];
      const below: Record<string, unknown> = isRecord(next) ? next : node();
      at[name] = below;
      at = below;
    }
    at[last] = value ?? null;
  }
  return patch;
}

/** Gives what a patch sets, without what it takes back to the default. */
export function withoutDefaults(patch: ConfigPatch): ConfigPatch {
  const rest = node();
  for (const [name, value] of Object.entries(patch))
    if (value !== null) rest[name] = isRecord(value) ? withoutDefaults(value) : value;
  return rest;
}

/** Gives what stands at a JSON pointer, or undefined. */
export function valueAt(document: unknown, pointer: string): unknown {
  let value = document;
  for (const name of namesOf(pointer)) {
    if (!isRecord(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** Gives a name as it stands in a JSON pointer (RFC 6901). */
export function pointerName(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function namesOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

// Names come from people: `__proto__` must become a member like any other.
function node(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}
