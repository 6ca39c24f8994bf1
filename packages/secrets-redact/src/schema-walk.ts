/** A JSON Schema (draft 7 to 2020-12): an object, or `true`/`false`. */
export type Schema = boolean | { readonly [keyword: string]: unknown };

/** A JSON Schema that is an object. */
export type SchemaObject = { readonly [keyword: string]: unknown };

const MAPS = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies'];
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'];
const SINGLE = [
  'additionalProperties',
  'unevaluatedProperties',
  'items',
  'additionalItems',
  'unevaluatedItems',
  'contains',
  'if',
  'then',
  'else',
  'not',
];
// They lead to places that depend on the document or on other files, where a mark would be missed.
const UNFOLLOWED = ['$dynamicRef', '$recursiveRef'];

/**
 * Refuses a schema in which a secret could be missed, before the first document comes.
 * @throws TypeError that names the keyword
 */
export function checkSchema(root: unknown): asserts root is Schema {
  if (typeof root !== 'boolean' && !isSchema(root)) {
    throw new TypeError('schema: expected a JSON Schema object');
  }
  const seen = new Set<unknown>();
  const visit = (node: unknown): void => {
    if (!isSchema(node) || seen.has(node)) return;
    seen.add(node);
    checkMarks(node);
    if (node['$ref'] !== undefined) visit(resolveReference(root, node['$ref']));
    for (const keyword of MAPS) {
      const map = node[keyword];
      if (isSchema(map)) for (const child of Object.values(map)) visit(child);
    }
    for (const keyword of LISTS) for (const child of listOf(node[keyword])) visit(child);
    for (const keyword of SINGLE) visit(node[keyword]);
  };
  visit(root);
}

function checkMarks(node: SchemaObject): void {
  const mark = node['x-secret'];
  const boundTo = isSchema(mark) ? mark['boundTo'] : undefined;
  if ((mark !== undefined && typeof mark !== 'boolean' && !isSchema(mark)) || !boundNames(boundTo)) {
    throw new TypeError(
      'schema: x-secret must be true, false or { boundTo?: "name of a sibling" or a list of names }',
    );
  }
  for (const keyword of UNFOLLOWED) {
    if (node[keyword] !== undefined) throw new TypeError(`schema: ${keyword} is not followed`);
  }
  if (isSchema(node['patternProperties'])) Object.keys(node['patternProperties']).forEach(patternOf);
}

/** Gives the names of `x-secret: { boundTo }`; undefined when they are none. */
export function boundNames(boundTo: unknown): readonly string[] | undefined {
  if (boundTo === undefined) return [];
  const names: readonly unknown[] = Array.isArray(boundTo) ? boundTo : [boundTo];
  const isName = (name: unknown): name is string => typeof name === 'string' && name !== '';
  return names.length > 0 && names.every(isName) ? names : undefined;
}

/** Gives the expression of a pattern as JSON Schema means it. @throws TypeError when it is none */
export function patternOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    throw new TypeError(`schema: ${JSON.stringify(pattern)} is no pattern`);
  }
}

/** Gives the schema that a `$ref` inside the schema leads to (RFC 6901 fragment). @throws TypeError when there is none */
export function resolveReference(root: unknown, reference: unknown): Schema {
  if (typeof reference !== 'string' || !/^#(\/|$)/.test(reference)) {
    throw new TypeError(
      `schema: only references inside the schema are followed, not ${JSON.stringify(reference)}`,
    );
  }
  let node: unknown = root;
  for (const token of decodeFragment(reference).split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    node =
      typeof node === 'object' && node !== null && Object.hasOwn(node, key)
        ? Reflect.get(node, key)
        : undefined;
  }
  if (!isSchema(node) && typeof node !== 'boolean') throw new TypeError(`schema: ${reference} leads nowhere`);
  return node;
}

function decodeFragment(reference: string): string {
  try {
    return decodeURIComponent(reference);
  } catch {
    throw new TypeError(`schema: ${reference} leads nowhere`);
  }
}

/** Tells whether a value is a schema with keywords. */
export function isSchema(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Gives the list, or an empty one for anything else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
