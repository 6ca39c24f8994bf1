import { isSecretName } from './secret-name.js';

/** A JSON Schema (draft 7 to 2020-12): an object, or `true`/`false`. */
export type Schema = boolean | { readonly [keyword: string]: unknown };

type SchemaObject = { readonly [keyword: string]: unknown };

/**
 * What a schema says about one place of a document: whether a secret is there, and what it says about the places below.
 * Where several branches apply (`oneOf`, `allOf`, ...), a place is secret when any of them says so.
 */
export interface SchemaView {
  readonly secret: boolean;
  /** Name of the sibling that says where the secret is sent (`x-secret: { boundTo }`). */
  readonly boundTo: string | undefined;
  member(key: string): SchemaView;
  item(index: number): SchemaView;
}

const BRANCHES = ['allOf', 'anyOf', 'oneOf'] as const;
const CONDITIONS = ['if', 'then', 'else', 'not'] as const;

/** Compiles a schema. @throws TypeError for a `$ref` that does not lead to a place inside the schema */
export function compileSchema(root: Schema): SchemaView {
  if (typeof root !== 'boolean' && (typeof root !== 'object' || (root as unknown) === null)) {
    throw new TypeError('schema: expected a JSON Schema object');
  }
  const resolveReference = (reference: unknown): SchemaObject => {
    if (typeof reference !== 'string' || !/^#(\/|$)/.test(reference)) {
      throw new TypeError(
        `schema: only references inside the schema are followed, not ${JSON.stringify(reference)}`,
      );
    }
    let node: unknown = root;
    for (const token of reference.slice(1).split('/').slice(1)) {
      const key = decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~');
      node = isSchema(node) && Object.hasOwn(node, key) ? node[key] : undefined;
    }
    if (!isSchema(node)) throw new TypeError(`schema: ${reference} leads nowhere`);
    return node;
  };

  const flatten = (node: unknown, into: Set<SchemaObject>): Set<SchemaObject> => {
    if (!isSchema(node) || into.has(node)) return into;
    into.add(node);
    if (node['$ref'] !== undefined) flatten(resolveReference(node['$ref']), into);
    for (const keyword of BRANCHES) for (const branch of listOf(node[keyword])) flatten(branch, into);
    for (const keyword of CONDITIONS) flatten(node[keyword], into);
    const dependent = node['dependentSchemas'];
    if (isSchema(dependent)) for (const branch of Object.values(dependent)) flatten(branch, into);
    return into;
  };

  const cache = new Map<string, SchemaView>();
  const ids = new Map<SchemaObject, number>();
  const view = (nodes: readonly unknown[], inherited: boolean, known: boolean): SchemaView => {
    const flat = new Set<SchemaObject>();
    for (const node of nodes) flatten(node, flat);
    for (const node of flat) if (!ids.has(node)) ids.set(node, ids.size);
    const key = `${[...flat].map((node) => ids.get(node)).join(',')}|${inherited}|${known}`;
    const cached = cache.get(key);
    if (cached) return cached;

    const all = [...flat];
    const secret = inherited || all.some(isMarked);
    const marks = all.map((node) => node['x-secret']).filter(isSchema);
    const boundTo = marks.map((mark) => mark['boundTo']).find((name) => typeof name === 'string');
    const result: SchemaView = {
      secret,
      boundTo,
      member(name) {
        const below = all.flatMap((node) => membersOf(node, name));
        // A name that no schema knows is judged by its look; below a secret everything is one.
        const isKnown = below.length > 0;
        return view(below, secret || (!isKnown && isSecretName(name)), isKnown);
      },
      item: (index) =>
        view(
          all.flatMap((node) => itemsOf(node, index)),
          secret,
          known,
        ),
    };
    cache.set(key, result);
    return result;
  };
  const top = view([root], false, true);
  // Every reference is followed once now, so that a broken schema is refused here and not at the first odd document.
  walkSchema(root, (node) => {
    if (node['$ref'] !== undefined) resolveReference(node['$ref']);
  });
  return top;
}

function isMarked(node: SchemaObject): boolean {
  const mark = node['x-secret'];
  return mark === true || isSchema(mark) || node['writeOnly'] === true || node['format'] === 'password';
}

function membersOf(node: SchemaObject, name: string): unknown[] {
  const found: unknown[] = [];
  const properties = node['properties'];
  if (isSchema(properties) && Object.hasOwn(properties, name)) found.push(properties[name]);
  const patterns = node['patternProperties'];
  if (isSchema(patterns)) {
    for (const [pattern, schema] of Object.entries(patterns)) {
      if (new RegExp(pattern, 'u').test(name)) found.push(schema);
    }
  }
  for (const keyword of ['additionalProperties', 'unevaluatedProperties']) {
    if (found.length === 0 && isSchema(node[keyword])) found.push(node[keyword]);
  }
  return found;
}

function itemsOf(node: SchemaObject, index: number): unknown[] {
  const tuple = listOf(node['prefixItems'] ?? (Array.isArray(node['items']) ? node['items'] : undefined));
  const positional = tuple[index];
  const rest = Array.isArray(node['items']) ? node['additionalItems'] : node['items'];
  return [positional ?? rest, node['contains'], node['unevaluatedItems']].filter(
    (schema) => schema !== undefined,
  );
}

function walkSchema(node: unknown, visit: (node: SchemaObject) => void, seen = new Set<unknown>()): void {
  if (typeof node !== 'object' || node === null || seen.has(node)) return;
  seen.add(node);
  if (isSchema(node)) visit(node);
  for (const child of Object.values(node)) walkSchema(child, visit, seen);
}

function isSchema(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
