import { Ajv } from 'ajv';
import type { ChatCompletionRequest } from '@clawforce/protocol';
import { BrokerError } from './broker-error.js';

const text = { type: 'string' } as const;

const toolCall = {
  type: 'object',
  required: ['id', 'type', 'function'],
  properties: {
    id: text,
    type: { const: 'function' },
    function: {
      type: 'object',
      required: ['name', 'arguments'],
      properties: { name: text, arguments: text },
    },
  },
} as const;

const validate = new Ajv({ allErrors: false, strict: false }).compile<ChatCompletionRequest>({
  type: 'object',
  required: ['model', 'messages'],
  properties: {
    model: { type: 'string', minLength: 1, maxLength: 300 },
    messages: {
      type: 'array',
      minItems: 1,
      maxItems: 10_000,
      items: {
        type: 'object',
        required: ['role'],
        oneOf: [
          { properties: { role: { enum: ['system', 'user'] }, content: text }, required: ['content'] },
          {
            properties: {
              role: { const: 'assistant' },
              content: { type: ['string', 'null'] },
              tool_calls: { type: 'array', maxItems: 128, items: toolCall },
            },
          },
          {
            properties: { role: { const: 'tool' }, content: text, tool_call_id: text },
            required: ['content', 'tool_call_id'],
          },
        ],
      },
    },
    tools: {
      type: 'array',
      maxItems: 256,
      items: {
        type: 'object',
        required: ['type', 'function'],
        properties: {
          type: { const: 'function' },
          function: {
            type: 'object',
            required: ['name'],
            properties: { name: text, description: text, parameters: { type: 'object' } },
          },
        },
      },
    },
    max_tokens: { type: 'integer', minimum: 1, maximum: 10_000_000 },
    temperature: { type: 'number', minimum: 0, maximum: 2 },
    stream: { type: 'boolean' },
  },
});

/**
 * Gives the request with only the fields that the broker knows: a worker cannot smuggle a provider's own switches
 * through. @throws BrokerError REQUEST_INVALID that names the place.
 */
export function readChatRequest(body: unknown): ChatCompletionRequest {
  if (!validate(body)) {
    const issue = validate.errors?.[0];
    throw new BrokerError(
      'REQUEST_INVALID',
      `The request is not valid at ${issue?.instancePath || '/'}: ${issue?.message ?? ''}.`,
    );
  }
  return {
    model: body.model,
    messages: body.messages,
    ...(body.tools === undefined ? {} : { tools: body.tools }),
    ...(body.max_tokens === undefined ? {} : { max_tokens: body.max_tokens }),
    ...(body.temperature === undefined ? {} : { temperature: body.temperature }),
    ...(body.stream === undefined ? {} : { stream: body.stream }),
  };
}
