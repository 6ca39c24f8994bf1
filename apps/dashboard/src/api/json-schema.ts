import type { FieldIssue } from './api-failure.js';

/** The part of JSON Schema that the forms check; whatever else a schema says is left to the server. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly maxItems?: number;
  readonly items?: JsonSchema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly not?: JsonSchema;
}

/**
 * Gives what is wrong with a value, at JSON pointers as the server gives them. ajv cannot run under the policy of this
 * page: it compiles schemas with `new Function`. An empty list is no promise; the server judges every request.
 */
export function schemaIssues(schema: JsonSchema, value: unknown, pointer = ''): readonly FieldIssue[] {
  const message = typeIssue(schema, value) ?? ownIssue(schema, value);
  if (message !== undefined) return [{ pointer, message }];
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.flatMap((item, index) => schemaIssues(items, item, `${pointer}/${index}`)) : [];
  }
  return isObject(value) ? memberIssues(schema, value, pointer) : [];
}

function memberIssues(
  schema: JsonSchema,
  value: Readonly<Record<string, unknown>>,
  pointer: string,
): FieldIssue[] {
  const { properties = {}, additionalProperties, propertyNames, required = [] } = schema;
  const missing = required.filter((name) => !Object.hasOwn(value, name));
  return [
    ...missing.map((name) => ({ pointer: `${pointer}/${escaped(name)}`, message: 'Is needed.' })),
    ...Object.entries(value).flatMap(([name, member]) => {
      const at = `${pointer}/${escaped(name)}`;
      const own = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
      const named = propertyNames ? schemaIssues(propertyNames, name, at) : [];
      if (named.length > 0) return named.map(() => ({ pointer: at, message: 'The name is not allowed.' }));
      if (own === false) return [{ pointer: at, message: 'Is not known here.' }];
      return typeof own === 'object' ? schemaIssues(own, member, at) : [];
    }),
  ];
}

const TYPES: Readonly<Record<string, readonly [is: (value: unknown) => boolean, words: string]>> = {
  string: [(value) => typeof value === 'string', 'a text'],
  number: [(value) => typeof value === 'number', 'a number'],
  integer: [(value) => Number.isInteger(value), 'a whole number'],
  boolean: [(value) => typeof value === 'boolean', 'yes or no'],
  null: [(value) => value === null, 'nothing'],
  array: [(value) => Array.isArray(value), 'a list'],
  object: [isObject, 'an object'],
};

function typeIssue({ type }: JsonSchema, value: unknown): string | undefined {
  if (type === undefined) return undefined;
  const known = [type].flat().map((name) => TYPES[name]);
  if (known.some((one) => !one || one[0](value))) return undefined;
  return `Must be ${known.map((one) => one?.[1]).join(' or ')}.`;
}

function ownIssue(schema: JsonSchema, value: unknown): string | undefined {
  if (schema.not && schemaIssues(schema.not, value).length === 0) return 'Is not allowed here.';
  if (schema.enum && !schema.enum.includes(value)) return `Must be one of ${schema.enum.join(', ')}.`;
  if (typeof value === 'number') return numberIssue(schema, value);
  if (typeof value === 'string') return textIssue(schema, value);
  if (Array.isArray(value) && value.length > (schema.maxItems ?? Number.POSITIVE_INFINITY))
    return `Must have at most ${schema.maxItems} entries.`;
  return undefined;
}

function numberIssue({ minimum, maximum }: JsonSchema, value: number): string | undefined {
  if (value >= (minimum ?? value) && value <= (maximum ?? value)) return undefined;
  if (minimum === undefined) return `Must be at most ${maximum}.`;
  return maximum === undefined ? `Must be at least ${minimum}.` : `Must be from ${minimum} to ${maximum}.`;
}

function textIssue({ minLength, maxLength, pattern }: JsonSchema, value: string): string | undefined {
  // JSON Schema counts characters, not the halves of which JavaScript makes some of them.
  const length = Array.from(value).length;
  if (length === 0 && (minLength ?? 0) > 0) return 'Must not be empty.';
  if (length < (minLength ?? 0)) return `Must have at least ${minLength} characters.`;
  if (length > (maxLength ?? length)) return `Must have at most ${maxLength} characters.`;
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return 'Is not written as it must be.';
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
