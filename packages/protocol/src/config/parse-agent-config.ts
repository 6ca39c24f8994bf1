import { Ajv, type ErrorObject } from 'ajv';
import type { AgentConfig } from './agent-config.js';
import { agentConfigSchema } from './agent-config-schema.js';
import { normalizeKeys, type KeyConflict } from './normalize-keys.js';

/** One thing that is wrong with a configuration. */
export interface ConfigIssue {
  /** JSON pointer of the offending value. */
  readonly pointer: string;
  /** One sentence that names the key and the fix. It never repeats the value, which may be a secret. */
  readonly message: string;
}

/** What {@link parseAgentConfig} answers. */
export type ParsedAgentConfig =
  | { readonly ok: true; readonly config: AgentConfig }
  | { readonly ok: false; readonly issues: readonly ConfigIssue[] };

// Keys of the public contract whose feature is not there yet: accepting them would promise something untrue.
const reserved: Readonly<Record<string, string>> = {
  '/channels': 'channels',
  '/heartbeat': 'the heartbeat',
  '/tools/mcp_servers': 'MCP servers',
  '/tools/web/search': 'web search',
};

const ajv = new Ajv({ allErrors: true, strict: true, keywords: ['x-secret'] });
const validate = ajv.compile<AgentConfig>(agentConfigSchema);

/**
 * Gives a configuration, or a patch of one, in canonical spelling, or the keys that are given in both spellings. Nothing
 * else is checked. Placeholders of secrets have to be restored behind this step and before {@link parseAgentConfig}.
 */
export function canonicalAgentConfig(
  input: unknown,
):
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly ConfigIssue[] } {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { ok: false, issues: [{ pointer: '', message: 'The configuration must be a JSON object.' }] };
  }
  const conflicts: KeyConflict[] = [];
  const value = normalizeKeys(agentConfigSchema, input, conflicts);
  if (conflicts.length === 0) return { ok: true, value };
  return {
    ok: false,
    issues: conflicts.map(({ pointer, canonical, alias }) => ({
      pointer: `${pointer}/${alias}`,
      message: `Both "${canonical}" and "${alias}" are given; keep "${canonical}".`,
    })),
  };
}

/**
 * Checks a configuration that came from outside and gives it in canonical spelling, or every issue found. The input
 * is not changed.
 */
export function parseAgentConfig(input: unknown): ParsedAgentConfig {
  const canonical = canonicalAgentConfig(input);
  if (!canonical.ok) return canonical;
  const config = canonical.value;
  const issues = validate(config) ? unknownProviders(config) : (validate.errors ?? []).flatMap(describe);
  return issues.length > 0 ? { ok: false, issues } : { ok: true, config: config as AgentConfig };
}

function unknownProviders(config: AgentConfig): ConfigIssue[] {
  const model = config.agents?.defaults?.model;
  const provider = model?.split('/', 1)[0];
  if (provider === undefined || Object.hasOwn(config.providers ?? {}, provider)) return [];
  return [
    {
      pointer: '/agents/defaults/model',
      message: `The model names the provider "${provider}", which is not in "providers"; add it or choose another.`,
    },
  ];
}

function describe(error: ErrorObject): readonly ConfigIssue[] {
  // What is wrong with a name is told once, by the error of the object that has it.
  return error.propertyName === undefined ? [describeOne(error)] : [];
}

function describeOne(error: ErrorObject): ConfigIssue {
  const parameters = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(parameters['additionalProperty']);
      const pointer = `${error.instancePath}/${escapePointer(key)}`;
      const feature = Object.hasOwn(reserved, pointer) ? reserved[pointer] : undefined;
      return {
        pointer,
        message: feature
          ? `This version has no support for ${feature} yet; remove the key.`
          : `Unknown key ${JSON.stringify(key.slice(0, 100))}; known here: ${knownKeys(error)}.`,
      };
    }
    case 'required':
      return {
        pointer: `${error.instancePath}/${String(parameters['missingProperty'])}`,
        message: 'This key is required.',
      };
    case 'enum':
      return {
        pointer: error.instancePath,
        message: `Must be one of ${(parameters['allowedValues'] as unknown[]).map(String).join(', ')}.`,
      };
    case 'propertyNames': {
      const name = String(parameters['propertyName']).slice(0, 100);
      return {
        pointer: `${error.instancePath}/${escapePointer(name)}`,
        message:
          error.instancePath === '/secrets/env' && /^\w+$/.test(name)
            ? `The variable ${name} would act on the loader of a program before the command is confined; no command gets it.`
            : `The key ${JSON.stringify(name)} is not a valid name here.`,
      };
    }
    default:
      return { pointer: error.instancePath, message: `The value ${error.message ?? 'is not valid'}.` };
  }
}

function knownKeys(error: ErrorObject): string {
  // schemaPath is "#/properties/a/…/additionalProperties": its parent node lists the keys.
  const path = error.schemaPath.split('/').slice(1, -1);
  let node: unknown = agentConfigSchema;
  for (const part of path) node = (node as Record<string, unknown> | undefined)?.[part];
  const properties = (node as { properties?: object } | undefined)?.properties ?? {};
  return Object.keys(properties).join(', ');
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
