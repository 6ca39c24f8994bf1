import { object, oneOf, text, type Schema } from './compile.js';
import { id } from './schemas.js';

const strings = (maxItems: number): Schema => ({ type: 'array', maxItems, items: text(2_048) });
const mode = oneOf('always_run', 'ask_before_run');
const flag: Schema = { type: 'boolean' };
const integer = (minimum: number, maximum: number): Schema => ({ type: 'integer', minimum, maximum });

/** Schema of the configuration that a worker gets; its bounds are those of the agent configuration. */
export const workerConfigSchema: Schema = object({
  digest: id,
  agent: object({ id, name: text(300) }),
  instructions: text(65_536),
  model: object({
    name: text(300),
    max_tokens: integer(1, 10_000_000),
    temperature: { type: 'number', minimum: 0, maximum: 2 },
  }),
  loop: object({
    max_tool_iterations: integer(1, 1_000),
    memory_window: integer(1, 10_000),
    max_tool_output_chars: integer(1, 400_000),
  }),
  exec: object({
    timeout_s: { type: 'number', exclusiveMinimum: 0, maximum: 86_400 },
    policy: object({
      mode: oneOf('allow_all', 'deny_all', 'allowlist'),
      allow: strings(10_000),
      deny: strings(10_000),
      relaxed: flag,
    }),
    confinement: oneOf('required', 'off'),
    elevation: oneOf('deny', 'allow'),
  }),
  approval: object({
    default_mode: mode,
    per_tool: { type: 'object', additionalProperties: mode },
  }),
  restrict_to_workspace: flag,
  ssrf_protection: flag,
  web: object({
    allowlist: strings(10_000),
    exceptions: {
      type: 'array',
      maxItems: 1_000,
      items: object({ address: text(100), port: integer(1, 65_535) }),
    },
    commands: flag,
  }),
  exec_env: { type: 'object', additionalProperties: text(131_072) },
});
