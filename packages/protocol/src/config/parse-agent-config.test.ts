import { describe, expect, test } from 'vitest';
import { effectiveConfig, parseAgentConfig } from './index.js';

const issuesOf = (input: unknown): readonly { pointer: string; message: string }[] => {
  const parsed = parseAgentConfig(input);
  return parsed.ok ? [] : parsed.issues;
};

describe('parseAgentConfig', () => {
  test('accepts camelCase and returns the canonical spelling', () => {
    const parsed = parseAgentConfig({
      agents: { defaults: { maxTokens: 10, model: 'p/m' } },
      providers: { p: { kind: 'scripted', apiKey: 'k', apiBase: 'https://example.com' } },
      tools: { exec: { policy: { mode: 'allowlist' } }, restrictToWorkspace: true },
    });
    expect(parsed).toEqual({
      ok: true,
      config: {
        agents: { defaults: { max_tokens: 10, model: 'p/m' } },
        providers: { p: { kind: 'scripted', api_key: 'k', api_base: 'https://example.com' } },
        tools: { exec: { policy: { mode: 'allowlist' } }, restrict_to_workspace: true },
      },
    });
  });

  test('keeps the names of providers and variables as they are', () => {
    const parsed = parseAgentConfig({ secrets: { env: { myToken: 'a', my_token: 'b' } } });
    expect(parsed).toEqual({ ok: true, config: { secrets: { env: { myToken: 'a', my_token: 'b' } } } });
  });

  test.each([
    ['an unknown key', { toolz: {} }, '/toolz', /known here: agents, providers, tools/],
    [
      'an unknown inner key',
      { tools: { exec: { timeoot: 1 } } },
      '/tools/exec/timeoot',
      /known here: timeout, policy/,
    ],
    ['a wrong type', { tools: { exec: { timeout: '60' } } }, '/tools/exec/timeout', /must be integer/],
    [
      'an unknown mode',
      { tools: { exec: { policy: { mode: 'yes' } } } },
      '/tools/exec/policy/mode',
      /allow_all/,
    ],
    [
      'a loosening network mode',
      { security: { docker: { network_mode: 'host' } } },
      '/security/docker/network_mode',
      /none/,
    ],
    [
      'both spellings',
      { tools: { exec: {}, restrict_to_workspace: true, restrictToWorkspace: false } },
      '/tools/restrictToWorkspace',
      /keep/,
    ],
    ['a model of no provider', { agents: { defaults: { model: 'x/y' } } }, '/agents/defaults/model', /"x"/],
    ['a feature that is not there', { channels: {} }, '/channels', /no support/],
    [
      'a variable for the loader',
      { secrets: { env: { LD_PRELOAD: 'x.so' } } },
      '/secrets/env/LD_PRELOAD',
      /loader/,
    ],
    [
      'a variable with a bad name',
      { secrets: { env: { 'A-B': 'x' } } },
      '/secrets/env/A-B',
      /not a valid name/,
    ],
    ['a prototype key', JSON.parse('{"__proto__": {"a": 1}}'), '/__proto__', /Unknown key/],
    ['an array', [], '', /JSON object/],
    ['null', null, '', /JSON object/],
  ])('refuses %s and names it', (_title, input, pointer, message) => {
    const issue = issuesOf(input).find((candidate) => candidate.pointer === pointer);
    expect(issue?.message).toMatch(message);
  });

  test('tells what is wrong with a name once', () => {
    expect(issuesOf({ secrets: { env: { LD_AUDIT: 'x.so' } } })).toHaveLength(1);
  });

  test('never repeats a value, which may be a secret', () => {
    const secret = ['sk', 'live', 'canary'].join('-');
    const text = JSON.stringify(
      issuesOf({ providers: { p: { kind: secret, api_key: { nested: secret } } } }),
    );
    expect(text).not.toContain(secret);
  });
});

describe('effectiveConfig', () => {
  test('fills in safe defaults', () => {
    const effective = effectiveConfig({});
    expect(effective).toMatchObject({
      restrict_to_workspace: true,
      ssrf_protection: true,
      docker: { level: 'permissive' },
      exec: { timeout: 60, policy: { mode: 'allow_all', relaxed: false } },
    });
  });
});
