/** A JSON Schema node; `x-secret` marks a value that never leaves the control plane. */
export type ConfigSchema = Readonly<Record<string, unknown>>;

const section = (properties: Record<string, ConfigSchema>): ConfigSchema => ({
  type: 'object',
  additionalProperties: false,
  properties,
});

const approvalMode: ConfigSchema = { enum: ['always_run', 'ask_before_run'] };
const commandRules: ConfigSchema = {
  type: 'array',
  maxItems: 500,
  items: { type: 'string', minLength: 1, maxLength: 200 },
};

/** What variables of commands may be, for every route that takes them. */
export const variablesSchema = {
  type: 'object',
  maxProperties: 200,
  propertyNames: {
    pattern: '^[A-Za-z_][A-Za-z0-9_]{0,127}$',
    // The runner of policy-shell refuses them: the loader would act on them before a command is confined.
    not: { pattern: '^(?:LD_|GCONV_PATH$|MALLOC_)' },
  },
  additionalProperties: { type: 'string', maxLength: 32_768 },
} as const;

/**
 * JSON Schema (draft 2020-12 subset) of an agent's configuration: it validates, drives redaction through `x-secret`,
 * and is what the OpenAPI document shows.
 */
export const agentConfigSchema: ConfigSchema = Object.freeze({
  $id: 'https://clawforce.dev/schemas/agent-config.json',
  title: 'AgentConfig',
  ...section({
    agents: section({
      defaults: section({
        model: {
          type: 'string',
          pattern: '^[A-Za-z0-9_-]{1,64}/[^\\s]{1,200}$',
          description: '`<provider name>/<model id>`; the provider must be one of `providers`.',
        },
        max_tokens: { type: 'integer', minimum: 1, maximum: 1_000_000 },
        temperature: { type: 'number', minimum: 0, maximum: 2 },
        max_tool_iterations: { type: 'integer', minimum: 1, maximum: 200 },
        memory_window: { type: 'integer', minimum: 1, maximum: 1000 },
        max_tool_output_chars: { type: 'integer', minimum: 200, maximum: 200_000 },
        instructions: { type: 'string', maxLength: 32_768 },
      }),
    }),
    providers: {
      type: 'object',
      propertyNames: { pattern: '^[A-Za-z0-9_-]{1,64}$' },
      maxProperties: 50,
      additionalProperties: {
        ...section({
          kind: { enum: ['openai_compatible', 'anthropic', 'scripted'] },
          // Whoever changes where the key is sent has to know the key. Without a base, the kind says where.
          api_key: { type: 'string', maxLength: 8192, 'x-secret': { boundTo: ['api_base', 'kind'] } },
          api_base: { type: 'string', maxLength: 2048, pattern: '^https?://' },
          extra_headers: {
            type: 'object',
            maxProperties: 50,
            propertyNames: { pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$" },
            additionalProperties: {
              type: 'string',
              maxLength: 8192,
              'x-secret': { boundTo: ['../api_base', '../kind'] },
            },
          },
          script: { type: 'string', maxLength: 262_144 },
        }),
        required: ['kind'],
      },
    },
    tools: section({
      exec: section({
        timeout: { type: 'integer', minimum: 1, maximum: 3600, description: 'Seconds.' },
        policy: section({
          mode: { enum: ['allow_all', 'deny_all', 'allowlist'] },
          allow: commandRules,
          deny: commandRules,
          relaxed: { type: 'boolean' },
        }),
      }),
      restrict_to_workspace: { type: 'boolean' },
      ssrf_protection: { type: 'boolean' },
      web: section({
        fetch: section({
          allowlist: {
            type: 'array',
            maxItems: 1000,
            items: { type: 'string', minLength: 1, maxLength: 300 },
          },
          exceptions: {
            type: 'array',
            maxItems: 50,
            items: {
              ...section({
                address: { type: 'string', minLength: 2, maxLength: 45 },
                port: { type: 'integer', minimum: 1, maximum: 65_535 },
              }),
              required: ['address', 'port'],
            },
          },
        }),
      }),
      approval: section({
        default_mode: approvalMode,
        per_tool: {
          type: 'object',
          maxProperties: 200,
          propertyNames: { pattern: '^[A-Za-z0-9_-]{1,128}$' },
          additionalProperties: approvalMode,
        },
        timeout_seconds: { type: 'integer', minimum: 5, maximum: 86_400 },
      }),
    }),
    security: section({
      docker: section({
        level: { enum: ['permissive', 'sandboxed', 'privileged'] },
        read_only: { type: 'boolean' },
        network_mode: { enum: ['none'], description: 'The only override: it tightens.' },
        pids_limit: { type: 'integer', minimum: 16, maximum: 32_768 },
        mem_limit: { type: 'string', pattern: '^[1-9][0-9]{0,9}[kmgKMG]?$' },
        cpu_quota: { type: 'integer', minimum: 1000 },
        cpu_period: { type: 'integer', minimum: 1000, maximum: 1_000_000 },
      }),
    }),
    secrets: section({
      env: {
        ...variablesSchema,
        additionalProperties: { ...variablesSchema.additionalProperties, 'x-secret': true },
      },
    }),
  }),
});
