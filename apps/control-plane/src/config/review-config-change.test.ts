import { effectiveConfig, parseAgentConfig, type AgentConfig } from '@clawforce/protocol/config';
import { describe, expect, it } from 'vitest';
import type { ApiError } from '../errors/api-error.js';
import { reviewConfigChange } from './review-config-change.js';

type Role = Parameters<typeof reviewConfigChange>[2];

function config(value: unknown): AgentConfig {
  const parsed = parseAgentConfig(value);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.config;
}
const review = (
  before: unknown,
  after: unknown,
  role: Role = 'superadmin',
): ReturnType<typeof reviewConfigChange> => reviewConfigChange(config(before), config(after), role);

const level = (name: string): unknown => ({ security: { docker: { level: name } } });
const tools = (members: object): unknown => ({ tools: members });
const exceptions = (...list: [string, number][]): unknown =>
  tools({ web: { fetch: { exceptions: list.map(([address, port]) => ({ address, port })) } } });
const policy = (members: object): unknown => tools({ exec: { policy: members } });
const base = (api_base: string, name = 'p'): unknown => ({
  providers: { [name]: { kind: 'openai_compatible', api_base } },
});

describe('a change that needs a superadmin', () => {
  it.each([
    ['a looser level', level('sandboxed'), level('permissive'), 'security.docker.level'],
    ['the loosest level', {}, level('privileged'), 'security.docker.level'],
    ['workspace restriction off', {}, tools({ restrict_to_workspace: false }), 'tools.restrict_to_workspace'],
    ['SSRF protection off', {}, tools({ ssrf_protection: false }), 'tools.ssrf_protection'],
    ['an exception', {}, exceptions(['10.0.0.5', 80]), 'tools.web.fetch.exceptions'],
    [
      'one more exception',
      exceptions(['10.0.0.5', 80]),
      exceptions(['10.0.0.5', 80], ['10.0.0.5', 81]),
      'tools.web.fetch.exceptions',
    ],
    [
      'an exception moved to another port',
      exceptions(['10.0.0.5', 80]),
      exceptions(['10.0.0.5', 22]),
      'tools.web.fetch.exceptions',
    ],
    ['a loopback api_base', {}, base('http://127.0.0.1:11434/v1'), 'providers.p.api_base'],
    ['localhost as api_base', {}, base('http://localhost:11434/v1'), 'providers.p.api_base'],
    ['a private api_base', {}, base('http://192.168.1.20:8000'), 'providers.p.api_base'],
    ['a private IPv6 api_base', {}, base('http://[fd00::1]:8000'), 'providers.p.api_base'],
    [
      'the private base of another provider',
      base('http://10.0.0.5/v1'),
      {
        providers: {
          ...(base('http://10.0.0.5/v1') as { providers: object }).providers,
          q: { kind: 'anthropic', api_base: 'http://10.0.0.5/v1' },
        },
      },
      'providers.q.api_base',
    ],
  ])('is %s, and the refusal names it', (_title, before, after, name) => {
    expect(() => review(before, after, 'admin')).toThrow(
      expect.objectContaining({ code: 'FORBIDDEN', message: expect.stringContaining(name) }),
    );
    expect(() => review(before, after, 'superadmin')).not.toThrow();
  });
});

describe('a change that an admin may make', () => {
  it.each([
    ['a tighter level', level('permissive'), level('sandboxed')],
    ['switches back on', tools({ restrict_to_workspace: false, ssrf_protection: false }), {}],
    ['one exception less', exceptions(['10.0.0.5', 80], ['10.0.0.6', 80]), exceptions(['10.0.0.6', 80])],
    [
      'a switch that was off stays off',
      tools({ ssrf_protection: false }),
      tools({ ssrf_protection: false, restrict_to_workspace: true }),
    ],
    ['a public api_base', {}, base('https://api.example.com/v1')],
    ['a public api_base on another port', {}, base('https://api.example.com:4443/v1')],
    ['a public address', {}, base('https://1.1.1.1/v1')],
    [
      'a private api_base that was there',
      base('http://10.0.0.5/v1'),
      { ...(base('http://10.0.0.5/v1') as object), agents: { defaults: { max_tokens: 5 } } },
    ],
    ['a tighter command policy', {}, policy({ mode: 'allowlist', allow: ['ls'] })],
    [
      'tools that ask, and a narrower web',
      tools({ web: { fetch: { allowlist: ['a.example.com', 'b.example.com'] } } }),
      tools({
        web: { fetch: { allowlist: ['b.example.com'] } },
        approval: { per_tool: { exec: 'ask_before_run' } },
        exec: { policy: { deny: ['git'] } },
      }),
    ],
    ['a variable', {}, { secrets: { env: { A: 'b' } } }],
  ])('is %s', (_title, before, after) => {
    expect(review(before, after, 'admin').loosens).toEqual([]);
  });
});

describe('a change that loosens and so needs the password again', () => {
  it.each([
    [{}, level('privileged'), ['security.docker.level']],
    [
      {},
      tools({ ssrf_protection: false, restrict_to_workspace: false }),
      ['tools.restrict_to_workspace', 'tools.ssrf_protection'],
    ],
    [{}, exceptions(['10.0.0.5', 80]), ['tools.web.fetch.exceptions']],
    [{}, policy({ relaxed: true }), ['tools.exec.policy.relaxed']],
    [policy({ mode: 'deny_all' }), policy({ mode: 'allowlist', allow: ['ls'] }), ['tools.exec.policy.mode']],
    [policy({ mode: 'allowlist' }), {}, ['tools.exec.policy.mode']],
    [policy({ deny: ['curl', 'git push'] }), policy({ deny: ['curl'] }), ['tools.exec.policy.deny']],
    [
      policy({ mode: 'allowlist', allow: ['ls'] }),
      policy({ mode: 'allowlist', allow: ['ls', 'git'] }),
      ['tools.exec.policy.allow'],
    ],
    [tools({ approval: { default_mode: 'ask_before_run' } }), {}, ['tools.approval']],
    [
      tools({ approval: { per_tool: { exec: 'ask_before_run' } } }),
      tools({ approval: { per_tool: { exec: 'always_run' } } }),
      ['tools.approval'],
    ],
    [
      tools({ approval: { default_mode: 'ask_before_run' } }),
      tools({ approval: { default_mode: 'ask_before_run', per_tool: { exec: 'always_run' } } }),
      ['tools.approval'],
    ],
    [
      tools({ web: { fetch: { allowlist: ['a.example.com'] } } }),
      tools({ web: { fetch: { allowlist: [] } } }),
      ['tools.web.fetch.allowlist'],
    ],
    [
      tools({ web: { fetch: { allowlist: ['a.example.com'] } } }),
      tools({ web: { fetch: { allowlist: ['a.example.com', 'b.example.com'] } } }),
      ['tools.web.fetch.allowlist'],
    ],
    [{ security: { docker: { network_mode: 'none' } } }, {}, ['security.docker.network_mode']],
    [{ security: { docker: { read_only: true } } }, {}, ['security.docker.read_only']],
  ])('%j -> %j', (before, after, loosens) => {
    expect(review(before, after).loosens).toEqual(loosens);
  });
});

describe('an api_base that cannot work', () => {
  it.each([
    'http://169.254.169.254/latest',
    'http://metadata.google.internal/v1',
    'http://intranet/v1',
    'http://db.internal:5432',
    'http://service.local/v1',
    'http://sub.localhost/v1',
    'ftp://example.com/',
    'https://user:password@example.com/v1',
    'https://example.com/v1?key=1',
    'https://example.com/v1#x',
    'file:///etc/passwd',
    'unix:/var/run/docker.sock',
  ])('is refused for everybody: %s', (api_base) => {
    const parsed = parseAgentConfig(base(api_base));
    const pointer = parsed.ok ? pointerOfRefusal(parsed.config) : parsed.issues[0]?.pointer;
    expect(pointer).toBe('/providers/p/api_base');
  });

  it('is not an odd spelling of a private address: that is judged as the address', () => {
    for (const host of ['0x7f.1', '2130706433', '017700000001'])
      expect(() => review({}, base(`http://${host}/v1`), 'admin')).toThrow(
        expect.objectContaining({ code: 'FORBIDDEN' }),
      );
  });
});

function pointerOfRefusal(after: AgentConfig): string | undefined {
  try {
    reviewConfigChange({}, after, 'superadmin');
    return undefined;
  } catch (error) {
    return (error as ApiError).code === 'CONFIG_INVALID'
      ? (error as ApiError).issues?.[0]?.pointer
      : undefined;
  }
}

it('an entry of the web that can never be admitted is refused, but not for an agent made like one that has it', () => {
  const model = tools({
    web: {
      fetch: { allowlist: ['git.example.com:22'], exceptions: [{ address: '10.0.0.5', port: 22 }] },
    },
  });
  const copy = tools({ web: { fetch: { allowlist: ['git.example.com:22'] } } });
  expect(review({}, model).loosens).toContain('tools.web.fetch.exceptions');
  expect(pointerOfRefusal(config(copy))).toBe('/tools/web/fetch/allowlist/0');
  expect(() =>
    reviewConfigChange({}, config(copy), 'superadmin', effectiveConfig(config(model))),
  ).not.toThrow();
});

describe('a script', () => {
  it('that cannot be played is refused at its place when it is saved', () => {
    const scripted = (script: string): unknown => ({ providers: { s: { kind: 'scripted', script } } });
    expect(() => review({}, scripted('turns: ['))).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        issues: [expect.objectContaining({ pointer: '/providers/s/script' })],
      }),
    );
    expect(review({}, scripted('turns: [{steps: [{say: hi}]}]'), 'admin').loosens).toEqual([]);
  });
});

describe('the audit of a change', () => {
  it('names the paths that differ and never a value', () => {
    const secret = ['very', 'secret', 'value'].join('-');
    const before = { agents: { defaults: { max_tokens: 5 } } };
    const after = {
      agents: { defaults: { max_tokens: 6, model: 'p/m' } },
      providers: { p: { kind: 'anthropic', api_key: secret } },
      secrets: { env: { TOKEN: secret } },
    };
    const { changed } = review(before, after);
    expect(changed).toEqual(['agents.defaults.max_tokens', 'agents.defaults.model', 'providers', 'secrets']);
    expect(JSON.stringify(changed)).not.toContain(secret);
    expect(review(after, after).changed).toEqual([]);
  });
});
