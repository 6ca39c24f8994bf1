import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EnvironmentError, readEnvironment } from './read-environment.js';

const token = ['cfa', 'abcdefghijkl', 'x'.repeat(43)].join('_');

describe('readEnvironment', () => {
  it('has the defaults of the image', () => {
    expect(readEnvironment({ AGENT_ID: 'a1' })).toEqual({
      agentId: 'a1',
      agentRoot: '/agent',
      connection: { socketDir: '/run/clawforce' },
      logLevel: 'info',
      confiner: 'auto',
    });
  });

  it('takes an agent token out of the environment at once, also when something else is wrong', () => {
    const env: NodeJS.ProcessEnv = { AGENT_ID: 'a1', ADMIN_URL: 'https://plane.example', AGENT_TOKEN: token };
    expect(readEnvironment(env).connection).toEqual({ url: 'https://plane.example', token });
    expect(env).not.toHaveProperty('AGENT_TOKEN');
    const bad: NodeJS.ProcessEnv = { AGENT_TOKEN: token };
    expect(() => readEnvironment(bad)).toThrow('AGENT_ID');
    expect(bad).not.toHaveProperty('AGENT_TOKEN');
  });

  it('reads an agent token from its file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'clawforce-env-'));
    const file = join(directory, 'token');
    writeFileSync(file, `${token}\n`);
    const env = { AGENT_ID: 'a1', ADMIN_URL: 'http://127.0.0.1:8080', AGENT_TOKEN_FILE: file };
    expect(readEnvironment(env).connection).toMatchObject({ token });
    rmSync(directory, { recursive: true });
    expect(() => readEnvironment(env)).toThrow('AGENT_TOKEN_FILE names a file that cannot be read');
  });

  it.each<[string, NodeJS.ProcessEnv]>([
    ['AGENT_ID', {}],
    ['AGENT_CONFINER', { AGENT_ID: 'a1', AGENT_CONFINER: 'best-effort' }],
    ['AGENT_CONFINER', { AGENT_ID: 'a1', AGENT_CONFINER: '' }],
    ['AGENT_ID', { AGENT_ID: '../x' }],
    ['AGENT_ROOT', { AGENT_ID: 'a', AGENT_ROOT: 'agent' }],
    ['AGENT_SOCKET_DIR', { AGENT_ID: 'a', AGENT_SOCKET_DIR: 'run' }],
    [
      'AGENT_SOCKET_DIR',
      { AGENT_ID: 'a', AGENT_SOCKET_DIR: '/run', ADMIN_URL: 'https://x', AGENT_TOKEN: token },
    ],
    ['AGENT_LOG_LEVEL', { AGENT_ID: 'a', AGENT_LOG_LEVEL: 'loud' }],
    ['ADMIN_URL', { AGENT_ID: 'a', AGENT_TOKEN: token }],
    ['ADMIN_URL', { AGENT_ID: 'a', ADMIN_URL: 'http://plane.example', AGENT_TOKEN: token }],
    ['AGENT_TOKEN_FILE', { AGENT_ID: 'a', ADMIN_URL: 'https://plane.example' }],
    ['AGENT_TOKEN', { AGENT_ID: 'a', ADMIN_URL: 'https://plane.example', AGENT_TOKEN: 'hunter2' }],
    ['AGENT_TOKEN', { AGENT_ID: 'a', ADMIN_URL: 'https://x', AGENT_TOKEN: token, AGENT_TOKEN_FILE: '/t' }],
  ])('names %s when it is wrong, without repeating a secret', (variable, env) => {
    let error: unknown;
    try {
      readEnvironment({ ...env });
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(EnvironmentError);
    expect(error).toMatchObject({ variable });
    expect((error as Error).message).toContain(variable);
    expect((error as Error).message).not.toContain('hunter2');
    expect((error as Error).message).not.toContain(token);
  });
});
