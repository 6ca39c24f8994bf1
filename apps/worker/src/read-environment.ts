import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { CONFINER_CHOICES, type ConfinerChoice } from './choose-confiner.js';
import { LOG_LEVELS, type LogLevel } from './json-log.js';

/** How the worker is to run (CONTRACT section 2, "Worker"). */
export interface WorkerEnvironment {
  readonly agentId: string;
  readonly agentRoot: string;
  readonly connection: { readonly socketDir: string } | { readonly url: string; readonly token: string };
  readonly logLevel: LogLevel;
  readonly confiner: ConfinerChoice;
}

/** A variable is missing or wrong; `variable` names it, the message never repeats a secret. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  readonly variable: string;

  constructor(variable: string, what: string) {
    super(`${variable} ${what}`);
    this.variable = variable;
  }
}

/** Gives checked settings; an agent token is removed from `env`. @throws EnvironmentError naming the variable. */
export function readEnvironment(env: NodeJS.ProcessEnv): WorkerEnvironment {
  const inlineToken = take(env, 'AGENT_TOKEN');
  const agentId = env['AGENT_ID'] ?? '';
  if (!/^[\w.:-]{1,128}$/.test(agentId)) {
    throw new EnvironmentError(
      'AGENT_ID',
      'must be the id of the agent (letters, digits, "-", "_", ".", ":").',
    );
  }
  const agentRoot = absolute(env['AGENT_ROOT'] ?? '/agent', 'AGENT_ROOT');
  const logLevel = LOG_LEVELS.find((level) => level === (env['AGENT_LOG_LEVEL'] ?? 'info'));
  if (!logLevel) throw new EnvironmentError('AGENT_LOG_LEVEL', `must be one of ${LOG_LEVELS.join(', ')}.`);
  const confiner = CONFINER_CHOICES.find((choice) => choice === (env['AGENT_CONFINER'] ?? 'auto'));
  if (!confiner) {
    throw new EnvironmentError('AGENT_CONFINER', `must be one of ${CONFINER_CHOICES.join(', ')}.`);
  }
  return { agentId, agentRoot, connection: connectionOf(env, inlineToken), logLevel, confiner };
}

function connectionOf(
  env: NodeJS.ProcessEnv,
  inlineToken: string | undefined,
): WorkerEnvironment['connection'] {
  const url = env['ADMIN_URL'];
  if (url === undefined || url === '') {
    if (inlineToken !== undefined || env['AGENT_TOKEN_FILE'] !== undefined) {
      throw new EnvironmentError('ADMIN_URL', 'is needed with an agent token: the URL of the control plane.');
    }
    return { socketDir: absolute(env['AGENT_SOCKET_DIR'] ?? '/run/clawforce', 'AGENT_SOCKET_DIR') };
  }
  if (env['AGENT_SOCKET_DIR'] !== undefined) {
    throw new EnvironmentError('AGENT_SOCKET_DIR', 'cannot be combined with ADMIN_URL; remove one of them.');
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const loopback = parsed && ['localhost', '127.0.0.1', '[::1]'].includes(parsed.hostname);
  if (!parsed || !(parsed.protocol === 'https:' || (parsed.protocol === 'http:' && loopback))) {
    throw new EnvironmentError('ADMIN_URL', 'must be an https URL (http only on loopback).');
  }
  return { url, token: tokenOf(env, inlineToken) };
}

function tokenOf(env: NodeJS.ProcessEnv, inlineToken: string | undefined): string {
  const file = env['AGENT_TOKEN_FILE'];
  if (file !== undefined && inlineToken !== undefined) {
    throw new EnvironmentError('AGENT_TOKEN', 'cannot be combined with AGENT_TOKEN_FILE; prefer the file.');
  }
  let token = inlineToken;
  if (file !== undefined) {
    try {
      token = readFileSync(absolute(file, 'AGENT_TOKEN_FILE'), 'utf8').trim();
    } catch (error) {
      if (error instanceof EnvironmentError) throw error;
      throw new EnvironmentError('AGENT_TOKEN_FILE', 'names a file that cannot be read.');
    }
  }
  if (token === undefined)
    throw new EnvironmentError('AGENT_TOKEN_FILE', 'or AGENT_TOKEN is needed with ADMIN_URL.');
  if (!/^cfa_[\x21-\x7e]{20,300}$/.test(token)) {
    throw new EnvironmentError(
      file === undefined ? 'AGENT_TOKEN' : 'AGENT_TOKEN_FILE',
      'holds no agent token (cfa_…).',
    );
  }
  return token;
}

function take(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name];
  // Whatever reads the environment later (a crash report, a careless library) finds nothing.
  Reflect.deleteProperty(env, name);
  return value;
}

function absolute(path: string, variable: string): string {
  if (!isAbsolute(path) || path.includes('\0'))
    throw new EnvironmentError(variable, 'must be an absolute path.');
  return path;
}
