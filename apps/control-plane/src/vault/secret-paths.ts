/** Says whether the value at a path (member names and array indexes from the root) is a secret. */
export type IsSecret = (path: readonly string[]) => boolean;

interface SchemaNode {
  readonly 'x-secret'?: unknown;
  readonly writeOnly?: unknown;
  readonly format?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly items?: SchemaNode;
}

/**
 * Gives the test for secret places of a JSON Schema: `x-secret`, `writeOnly` or `format: password`, on the value or above
 * it. Throws TypeError for a schema with keywords that it does not follow, lest a secret behind one be stored in clear.
 */
export function secretPathsOf(schema: object): IsSecret {
  refuseUnknown(schema);
  return (path) => {
    let node: SchemaNode | undefined = schema;
    for (const name of path) {
      if (isMarked(node)) return true;
      node = child(node, name);
      if (node === undefined) return false;
    }
    return isMarked(node);
  };
}

const UNFOLLOWED = [
  '$ref',
  '$dynamicRef',
  'allOf',
  'anyOf',
  'oneOf',
  'if',
  'then',
  'else',
  'dependentSchemas',
  'patternProperties',
  'prefixItems',
];

function refuseUnknown(node: SchemaNode): void {
  const keyword = UNFOLLOWED.find((name) => Object.hasOwn(node, name));
  if (keyword !== undefined) throw new TypeError(`schema: the keyword ${keyword} hides secret places`);
  for (const below of Object.values(node.properties ?? {})) refuseUnknown(below);
  if (typeof node.additionalProperties === 'object') refuseUnknown(node.additionalProperties);
  if (node.items !== undefined) refuseUnknown(node.items);
}

function isMarked(node: SchemaNode): boolean {
  const mark = node['x-secret'];
  const isSecret = mark === true || (typeof mark === 'object' && mark !== null);
  return isSecret || node.writeOnly === true || node.format === 'password';
}

function child(node: SchemaNode, name: string): SchemaNode | undefined {
  const { properties, additionalProperties, items } = node;
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
  if (typeof additionalProperties === 'object') return additionalProperties;
  return items;
}
