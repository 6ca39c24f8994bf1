import type { WorkerSpec } from './agent-pool.js';
import { isIsolationLevel } from './isolation-level.js';
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

/**
 * Checks a specification at the door of a pool, before any engine is asked.
 *
 * @throws PoolError `SPEC_INVALID` with `key` naming the first wrong field.
 */
export function checkSpec(spec: WorkerSpec): void {
  const { agentId, generation, level, agentRoot, socketDir, env, limits, user, image, labels } = spec;
  if (typeof agentId !== 'string' || !AGENT_ID.test(agentId)) {
    throw wrong('agentId', 'expected 1 to 64 letters, digits, dots, dashes or underscores');
  }
  if (!Number.isSafeInteger(generation) || generation < 1) {
    throw wrong('generation', 'expected a positive integer');
  }
  if (!isIsolationLevel(level)) throw wrong('level', 'expected permissive, sandboxed or privileged');
  if (!isAbsolutePath(agentRoot)) throw wrong('agentRoot', 'expected an absolute path without ".."');
  if (!isAbsolutePath(socketDir)) throw wrong('socketDir', 'expected an absolute path without ".."');
  if (typeof env !== 'object') throw wrong('env', 'expected an object of texts');
  for (const [name, value] of Object.entries(env)) {
    if (!VARIABLE.test(name)) throw wrong('env', `${JSON.stringify(name)} is not a variable name`);
    if (typeof value !== 'string' || value.includes('\0')) {
      throw wrong(`env.${name}`, 'expected a text without NUL');
    }
  }
  if (typeof limits !== 'object') throw wrong('limits', 'expected an object');
  for (const [name, value] of Object.entries(limits)) {
    if (value !== undefined && (!Number.isSafeInteger(value) || (value as number) < 1)) {
      throw wrong(`limits.${name}`, 'expected a positive integer');
    }
  }
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
