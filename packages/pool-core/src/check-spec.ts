import type { WorkerLimits, WorkerSpec } from './agent-pool.js';
import { isIsolationLevel } from './isolation-level.js';
import type { Tightening } from './level-override.js';
import { PoolError } from './pool-error.js';

// The kernel's limit for a socket path is 108 bytes with the final NUL; ARCHITECTURE section 7 keeps 103.
const AGENT_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

const wrong = (key: string, message: string): PoolError =>
  new PoolError('SPEC_INVALID', `${key}: ${message}`, { key });

const isAbsolutePath = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.startsWith('/') &&
  !value.includes('\0') &&
  !value.split('/').includes('..');

const isId = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const isText = (value: unknown): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= 512 && !value.includes('\0');

const isImage = (value: { readonly id?: unknown; readonly name?: unknown } | null): boolean =>
  value !== null && isText(value.id) && isText(value.name);

const LIMITS: ReadonlySet<string> = new Set([
  'memoryBytes',
  'cpuQuotaUs',
  'cpuPeriodUs',
  'pids',
  'diskBytes',
] satisfies (keyof WorkerLimits)[]);

/** All that may be asked beyond a level. Any other value, or any other name, could take away what the level gives. */
const TIGHTENINGS: ReadonlyMap<string, unknown> = new Map<keyof Tightening, unknown>([
  ['readOnlyRoot', true],
  ['network', 'none'],
]);

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function checkLimits(limits: unknown): void {
  if (!isObject(limits)) throw wrong('limits', 'expected an object');
  for (const [name, value] of Object.entries(limits)) {
    if (!LIMITS.has(name)) throw wrong(`limits.${name}`, `expected one of ${[...LIMITS].join(', ')}`);
    if (value !== undefined && (!Number.isSafeInteger(value) || (value as number) < 1)) {
      throw wrong(`limits.${name}`, 'expected a positive integer');
    }
  }
}

function checkTightening(tightening: unknown): void {
  if (tightening === undefined) return;
  if (!isObject(tightening)) throw wrong('tightening', 'expected an object');
  for (const [name, value] of Object.entries(tightening)) {
    if (!TIGHTENINGS.has(name)) throw wrong(`tightening.${name}`, 'expected readOnlyRoot or network');
    const only = TIGHTENINGS.get(name);
    if (value !== only) throw wrong(`tightening.${name}`, `expected ${String(only)}, or nothing`);
  }
}

/**
 * Checks a specification at the door of a pool, before any engine is asked.
 *
 * @throws PoolError `SPEC_INVALID` with `key` naming the first wrong field.
 */
export function checkSpec(spec: WorkerSpec): void {
  const { agentId, generation, level, tightening, agentRoot, socketDir, env, limits, user, image, labels } =
    spec;
  if (typeof agentId !== 'string' || !AGENT_ID.test(agentId)) {
    throw wrong('agentId', 'expected 1 to 64 letters, digits, dots, dashes or underscores');
  }
  if (!Number.isSafeInteger(generation) || generation < 1) {
    throw wrong('generation', 'expected a positive integer');
  }
  if (!isIsolationLevel(level)) throw wrong('level', 'expected permissive, sandboxed or privileged');
  checkTightening(tightening);
  if (!isAbsolutePath(agentRoot)) throw wrong('agentRoot', 'expected an absolute path without ".."');
  if (!isAbsolutePath(socketDir)) throw wrong('socketDir', 'expected an absolute path without ".."');
  if (!isObject(env)) throw wrong('env', 'expected an object of texts');
  for (const [name, value] of Object.entries(env)) {
    if (!VARIABLE.test(name)) throw wrong('env', `${JSON.stringify(name)} is not a variable name`);
    if (typeof value !== 'string' || value.includes('\0')) {
      throw wrong(`env.${name}`, 'expected a text without NUL');
    }
  }
  checkLimits(limits);
  if (user !== undefined && !(isId(user.uid) && isId(user.gid))) {
    throw wrong('user', 'expected a numeric uid and gid');
  }
  if (image !== undefined && !isImage(image)) {
    throw wrong('image', 'expected an id and a name');
  }
  for (const [name, value] of Object.entries(labels ?? {})) {
    if (typeof value !== 'string') throw wrong(`labels.${name}`, 'expected a text');
  }
}
