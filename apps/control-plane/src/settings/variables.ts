import { Ajv, type ErrorObject } from 'ajv';
import { SettingsError } from './settings-error.js';

const absolutePath = { type: 'string', pattern: '^/[^\\0]*$', maxLength: 4096 };
const text = { type: 'string', maxLength: 4096 };

/** The variables of CONTRACT section 2 and the shape of each. What depends on other settings is checked where it is used. */
const schema = {
  type: 'object',
  properties: {
    CLAWFORCE_ENV: { enum: ['development', 'production'] },
    ADMIN_JWT_SECRET: { type: 'string', maxLength: 4096 },
    SECRETS_MASTER_KEY: text,
    SECRETS_MASTER_KEY_FILE: absolutePath,
    ADMIN_STORAGE_ROOT: { type: 'string', pattern: '^[^\\0]+$', maxLength: 4096 },
    DATABASE_URL: text,
    ADMIN_RUNTIME_BACKEND: { enum: ['docker', 'process'] },
    CLAWFORCE_MAX_LEVEL: { enum: ['permissive', 'sandboxed', 'privileged'] },
    ADMIN_PUBLIC_URL: { type: 'string', maxLength: 2048 },
    CLAWFORCE_UNCONFINED_EXEC: { enum: ['0', '1'] },
    CORS_ORIGINS: text,
    CLAWFORCE_TRUST_PROXY: text,
    ADMIN_SETUP_USERNAME: { type: 'string', maxLength: 64 },
    ADMIN_SETUP_PASSWORD: { type: 'string', maxLength: 1024 },
    AGENT_IMAGE: { type: 'string', pattern: '^[a-z0-9][A-Za-z0-9._/:@-]{0,254}$' },
    AGENT_STORAGE_HOST_PATH: absolutePath,
    AGENT_RUNTIME_DIR: absolutePath,
    AGENT_RUNTIME_HOST_PATH: absolutePath,
    DOCKER_HOST: {
      type: 'string',
      pattern: '^(unix:///|tcp://|https?://|ssh://)[^\\s\\0]+$',
      maxLength: 1024,
    },
    AGENT_DOCKER_MEM_LIMIT: { type: 'string', pattern: '^[1-9][0-9]{0,14}[kmgKMG]?$' },
    AGENT_DOCKER_DISK_LIMIT: { type: 'string', pattern: '^[1-9][0-9]{0,14}[kmgKMG]?$' },
    AGENT_DOCKER_CPU_QUOTA: { type: 'string', pattern: '^[1-9][0-9]{3,9}$' },
    AGENT_UID_RANGE: { type: 'string', pattern: '^[1-9][0-9]{2,9}-[1-9][0-9]{2,9}$' },
    AGENT_DOCKER_CPU_PERIOD: { type: 'string', pattern: '^[1-9][0-9]{3,6}$' },
  },
} as const;

/** Name of a variable that the control plane reads. */
export type VariableName = keyof typeof schema.properties;

/** The variables that are set; an empty one counts as not set, as compose files produce them. */
export type Variables = Readonly<Partial<Record<VariableName, string>>>;

/** Names of all variables. */
export const VARIABLE_NAMES = Object.freeze(Object.keys(schema.properties)) as readonly VariableName[];

/** Same prefix, other readers: the worker, the tests and the start script. */
const OTHERS: readonly string[] = ['ADMIN_URL', 'CLAWFORCE_TEST_REQUIRE'];

const validate = new Ajv({ allErrors: false, strict: true }).compile(schema);

/** Reads and checks the variables. Throws SettingsError for the first that has a wrong shape. */
export function readVariables(env: Readonly<Record<string, string | undefined>>): Variables {
  const variables = Object.fromEntries(
    VARIABLE_NAMES.flatMap((name) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
  if (!validate(variables)) {
    const [error] = validate.errors ?? [];
    throw new SettingsError(error?.instancePath.slice(1) ?? 'environment', explain(error));
  }
  return variables;
}

/** Gives a sentence for each variable that looks like a setting and is none. */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.keys(env)
    .filter((name) => /^(CLAWFORCE|ADMIN)_/.test(name))
    .filter((name) => !OTHERS.includes(name) && !(VARIABLE_NAMES as readonly string[]).includes(name))
    .sort()
    .map((name) => `${name} is not a setting of this version and has no effect`);
}

function explain(error: ErrorObject | undefined): string {
  if (error?.keyword === 'enum') {
    return `expected ${(error.params as { allowedValues: string[] }).allowedValues.join(' or ')}`;
  }
  if (error?.keyword === 'pattern') {
    return `expected text of the form ${(error.params as { pattern: string }).pattern}`;
  }
  return error?.message ?? 'is not valid';
}
