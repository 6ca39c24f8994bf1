import {
  checkSchema,
  boundNames,
  isSchema,
  listOf,
  patternOf,
  resolveReference,
  type Schema,
  type SchemaObject,
} from './schema-walk.js';
import { isSecretName } from './secret-name.js';

/**
 * What a schema says about one place of a document: whether a secret is there, and what it says about the places below.
 * Where several branches apply (`oneOf`, `allOf`, ...), a place is secret when any of them says so.
 */
export interface SchemaView {
  /** `texts`: only a text is one, because the schema knows the map but not this name, and the name tells. */
  readonly secret: boolean | 'texts';
  /** Names of the siblings that say where the secret is sent (`x-secret: { boundTo }`), each behind `../` for each level up. */
  readonly boundTo: readonly string[];
  member(key: string): SchemaView;
  item(index: number): SchemaView;
}

const BRANCHES = ['allOf', 'anyOf', 'oneOf'] as const;
const CONDITIONS = ['if', 'then', 'else', 'not'] as const;
const DEPENDENT = ['dependentSchemas', 'dependencies'] as const;

/** Compiles a schema. @throws TypeError for a schema in which a secret could be missed, such as a `$ref` to elsewhere */
export function compileSchema(root: Schema): SchemaView {
  checkSchema(root);
  const cache = new Map<string, SchemaView>();
  const ids = new Map<SchemaObject, number>();
  const patterns = new Map<string, RegExp>();

  const flatten = (node: unknown, into: Set<SchemaObject>): void => {
    if (!isSchema(node) || into.has(node)) return;
    into.add(node);
    if (node['$ref'] !== undefined) flatten(resolveReference(root, node['$ref']), into);
    for (const keyword of BRANCHES) for (const branch of listOf(node[keyword])) flatten(branch, into);
    for (const keyword of CONDITIONS) flatten(node[keyword], into);
    for (const keyword of DEPENDENT) {
      const dependent = node[keyword];
      if (isSchema(dependent)) for (const branch of Object.values(dependent)) flatten(branch, into);
    }
  };

  const matches = (pattern: string, name: string): boolean => {
    const expression = patterns.get(pattern) ?? patternOf(pattern);
    patterns.set(pattern, expression);
    return expression.test(name);
  };

  const view = (nodes: readonly unknown[], inherited: boolean, byName: boolean | 'texts'): SchemaView => {
    const flat = new Set<SchemaObject>();
    for (const node of nodes) flatten(node, flat);
    for (const node of flat) if (!ids.has(node)) ids.set(node, ids.size);
    const key = `${[...flat].map((node) => ids.get(node)).join(',')}|${inherited}|${byName}`;
    const cached = cache.get(key);
    if (cached) return cached;

    const all = [...flat];
    const marked = inherited || byName === true || all.some(isMarked);
    const marks = all.map((node) => node['x-secret']).filter(isSchema);
    // Names that the schema spells out only: those of a document are without number.
    const spelledOut = new Map<string, SchemaView>();
    const result: SchemaView = {
      secret:
        marked || (byName === 'texts' && !all.some((node) => node['x-secret'] === false) ? 'texts' : false),
      boundTo: [...new Set(marks.flatMap((mark) => boundNames(mark['boundTo']) ?? []))],
      member(name) {
        const remembered = spelledOut.get(name);
        if (remembered) return remembered;
        const found = all.map((node) => membersOf(node, name, matches));
        const below = found.flatMap(({ schemas }) => schemas);
        // A name that the schema does not spell out is judged by its look; below a secret everything is one.
        const spelled = found.some(({ named }) => named);
        const byLook = !spelled && isSecretName(name) ? (below.length > 0 ? 'texts' : true) : false;
        const member = view(below, marked, byLook);
        if (all.some((node) => isSchema(node['properties']) && Object.hasOwn(node['properties'], name))) {
          spelledOut.set(name, member);
        }
        return member;
      },
      item: (index) =>
        view(
          all.flatMap((node) => itemsOf(node, index)),
          marked,
          byName === 'texts' ? 'texts' : false,
        ),
    };
    cache.set(key, result);
    return result;
  };
  return view([root], false, false);
}

function isMarked(node: SchemaObject): boolean {
  const mark = node['x-secret'];
  return mark === true || isSchema(mark) || node['writeOnly'] === true || node['format'] === 'password';
}

interface Members {
  readonly schemas: readonly unknown[];
  /** Whether the schema spells the name out, itself or by a pattern. */
  readonly named: boolean;
}

function membersOf(
  node: SchemaObject,
  name: string,
  matches: (pattern: string, name: string) => boolean,
): Members {
  const schemas: unknown[] = [];
  const properties = node['properties'];
  if (isSchema(properties) && Object.hasOwn(properties, name)) schemas.push(properties[name]);
  const patterns = node['patternProperties'];
  if (isSchema(patterns)) {
    for (const [pattern, schema] of Object.entries(patterns)) {
      if (matches(pattern, name)) schemas.push(schema);
    }
  }
  const named = schemas.length > 0;
  for (const keyword of ['additionalProperties', 'unevaluatedProperties']) {
    if (schemas.length === 0 && isSchema(node[keyword])) schemas.push(node[keyword]);
  }
  return { schemas, named };
}

function itemsOf(node: SchemaObject, index: number): unknown[] {
  const tuple = listOf(node['prefixItems'] ?? (Array.isArray(node['items']) ? node['items'] : undefined));
  const rest = Array.isArray(node['items']) ? node['additionalItems'] : node['items'];
  return [tuple[index] ?? rest, node['contains'], node['unevaluatedItems']].filter(
    (schema) => schema !== undefined,
  );
}
