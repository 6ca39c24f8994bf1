import { Ajv } from 'ajv';
import { parse as parseYaml } from 'yaml';

/** One step of a turn: what the scripted model says, and the tools it calls before it is asked again. */
export interface ScriptStep {
  /** Text of the assistant; a Liquid template. */
  readonly say?: string;
  /** Tool calls of this step; string arguments are Liquid templates. */
  readonly calls?: readonly { readonly tool: string; readonly args?: Readonly<Record<string, unknown>> }[];
  /** Milliseconds to wait before answering, for demonstrations and time-out tests. */
  readonly delay_ms?: number;
  /** Milliseconds between the words of `say`. */
  readonly word_delay_ms?: number;
  /** Fail instead of answering, to rehearse a provider that is down. */
  readonly fail?: 'unreachable' | 'rate_limited' | 'nonsense';
}

/** What the scripted model does with one user message. */
export interface ScriptTurn {
  /** Case-insensitive text that the user message must contain; a turn without it answers anything. */
  readonly when?: string;
  readonly steps: readonly ScriptStep[];
}

/** A whole script. */
export interface Script {
  readonly turns: readonly ScriptTurn[];
  /** Values for templates. */
  readonly vars: Readonly<Record<string, string>>;
}

/** What is wrong with a script, in one sentence. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
}

const validate = new Ajv({ allErrors: false, strict: true, allowUnionTypes: true }).compile<{
  turns: ScriptTurn[];
  vars?: Record<string, string>;
}>({
  type: 'object',
  additionalProperties: false,
  required: ['turns'],
  properties: {
    vars: { type: 'object', maxProperties: 100, additionalProperties: { type: 'string', maxLength: 4096 } },
    turns: {
      type: 'array',
      minItems: 1,
      maxItems: 500,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['steps'],
        properties: {
          when: { type: 'string', minLength: 1, maxLength: 500 },
          steps: {
            type: 'array',
            minItems: 1,
            maxItems: 200,
            items: {
              type: 'object',
              additionalProperties: false,
              minProperties: 1,
              properties: {
                say: { type: 'string', maxLength: 65_536 },
                delay_ms: { type: 'integer', minimum: 0, maximum: 600_000 },
                word_delay_ms: { type: 'integer', minimum: 0, maximum: 10_000 },
                fail: { enum: ['unreachable', 'rate_limited', 'nonsense'] },
                calls: {
                  type: 'array',
                  minItems: 1,
                  maxItems: 50,
                  items: {
                    type: 'object',
                    additionalProperties: false,
                    required: ['tool'],
                    properties: {
                      tool: { type: 'string', minLength: 1, maxLength: 128 },
                      args: { type: 'object' },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
});

/** Reads a script from YAML or JSON text. @throws ScriptError that names the place. */
export function parseScript(text: string): Script {
  let value: unknown;
  try {
    value = parseYaml(text, { maxAliasCount: 0, logLevel: 'error' });
  } catch (error) {
    throw new ScriptError(
      `The script is not YAML: ${error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : ''}`,
    );
  }
  if (!validate(value)) {
    const issue = validate.errors?.[0];
    throw new ScriptError(
      `The script is not valid at ${issue?.instancePath || '/'}: ${issue?.message ?? 'unknown'}.`,
    );
  }
  return { turns: value.turns, vars: value.vars ?? {} };
}
