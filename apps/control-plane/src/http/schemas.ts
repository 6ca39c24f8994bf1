import type { JsonSchema } from './route.js';

/** Gives the schema of one type. */
export function type(name: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array'): JsonSchema {
  return { type: name };
}

const text: JsonSchema = type('string');

/** Gives the schema of an object that has all these properties and no others. */
export function object(properties: Record<string, JsonSchema>, optional: readonly string[] = []): JsonSchema {
  return {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
    properties,
  };
}

/** Gives the schema of one page of a list. */
export function page(item: JsonSchema): JsonSchema {
  return object({ items: { type: 'array', items: item }, next_cursor: text }, ['next_cursor']);
}

/** Query parameters of every list. */
export const pageQuery: Record<string, JsonSchema> = {
  limit: {
    type: 'integer',
    minimum: 1,
    maximum: 200,
    description: 'At most this many items; 50 by default.',
  },
  cursor: { type: 'string', maxLength: 1000, description: '`next_cursor` of the page before.' },
};
