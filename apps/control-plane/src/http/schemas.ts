import type { JsonSchema } from './route.js';

/** Gives the schema of one type. */
export function type(name: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array'): JsonSchema {
  return { type: name };
}

const text: JsonSchema = type('string');
const nullableText: JsonSchema = { type: ['string', 'null'] };
const time: JsonSchema = { type: 'string', format: 'date-time' };

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

/** An agent, see {@link AgentView}. */
export const agentSchema: JsonSchema = object({
  id: text,
  name: text,
  description: text,
  color: nullableText,
  status: { enum: ['stopped', 'provisioning', 'connecting', 'running', 'disconnected', 'failed'] },
  desired: { enum: ['stopped', 'running'] },
  reason: nullableText,
  since: time,
  mode: text,
  level: text,
  attested: text,
  epoch: { type: 'integer' },
  owner: { oneOf: [{ type: 'null' }, object({ id: text, username: text })] },
  is_demo: { type: 'boolean' },
  created_at: time,
  updated_at: time,
});

/** A policy decision (CONTRACT section 1). */
export const decisionSchema: JsonSchema = {
  type: 'object',
  required: ['effect', 'layer', 'rule', 'reason', 'input', 'policyDigest', 'trace'],
  properties: {
    effect: { enum: ['allow', 'deny', 'ask'] },
    layer: text,
    rule: text,
    reason: text,
    hint: text,
    span: { type: 'array', items: { type: 'integer' } },
    input: text,
    policyDigest: text,
    trace: { type: 'array', items: { type: 'object' } },
  },
};

/** A message on its way to an agent. */
export const messageSchema: JsonSchema = object(
  {
    id: text,
    session_key: text,
    state: { enum: ['queued', 'delivered', 'done', 'failed', 'interrupted'] },
    text,
    error: { oneOf: [{ type: 'null' }, object({ code: text, message: text })] },
    result: nullableText,
    created_at: time,
  },
  [],
);
