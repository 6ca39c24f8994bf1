import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createDecision } from '@clawforce/policy-core';
import { describe, expect, it } from 'vitest';
import { testConfig } from '../testing/harness.js';
import { createGate, type GateContext, type GateOptions } from './create-gate.js';
import { directoryOf } from './file-operations.js';

const workspace = realpathSync(mkdtempSync(`${tmpdir()}/clawforce-gate-`));
const context: GateContext = { sessionKey: 's', actor: 'model', channel: 'api', chatId: 'c' };
const checked: string[] = [];
const fs: GateOptions['fs'] = {
  check: (operation, path) => {
    checked.push(`${operation} ${path}`);
    return createDecision({
      effect: path.includes('secret') ? 'deny' : 'allow',
      layer: 'zone',
      rule: 'fs.test',
      reason: 'because',
      input: path,
      policyDigest: 'd',
    });
  },
};
const gate = (options: Partial<GateOptions> = {}) =>
  createGate({ config: testConfig, workspace, fs, ...options });

describe('createGate', () => {
  it('asks the policy that owns the tool, and gives arguments and plan only when it allows', () => {
    const { judge } = gate();
    checked.length = 0;
    expect(judge('read_file', { path: 'secret' }, context)).toMatchObject({
      record: { decision: { effect: 'deny' } },
    });
    expect(judge('read_file', { path: 'secret' }, context)).not.toHaveProperty('args');
    expect(judge('edit_file', { path: 'a', old_text: 'x', new_text: '' }, context).args).toEqual({
      path: 'a',
      old_text: 'x',
      new_text: '',
    });
    expect(checked).toEqual(['readFile secret', 'readFile secret', 'editFile a']);
    expect(judge('exec', { command: 'ls -l' }, context).plan?.argv).toEqual(['ls', '-l']);
    const piped = judge('exec', { command: 'ls | sh' }, context);
    expect(piped.record.decision.effect).toBe('deny');
    expect(piped).not.toHaveProperty('plan');
    expect(judge('web_fetch', { url: 'file:///etc/passwd' }, context).record.decision.effect).toBe('deny');
  });

  it('judges the workspace for ".", and never mistakes ".." for it', () => {
    expect(['', '.', './', './/.'].map((path) => directoryOf({ path }, 'path'))).toEqual(
      Array.from({ length: 4 }, () => 'workspace'),
    );
    expect(
      ['..', './..', '.../', '/', 'a', '.a', '../'].map((path) => directoryOf({ path }, 'path')),
    ).toEqual(['..', './..', '.../', '/', 'a', '.a', '../']);
  });

  it('lets a message go to the present conversation only, without files', () => {
    const { judge } = gate();
    const rule = (args: object): string =>
      judge('message', { content: 'x', ...args }, context).record.decision.rule;
    expect(rule({})).toBe('tool.allow');
    expect(rule({ channel: 'api', chat_id: 'c' })).toBe('tool.allow');
    expect(rule({ chat_id: 'somebody else' })).toBe('tool.message.target');
    expect(rule({ media: ['.config/agent.json'] })).toBe('tool.message.media');
  });

  it('asks for approval after the policy, and takes a person who runs the tool as approval', () => {
    const config = {
      ...testConfig,
      approval: { default_mode: 'ask_before_run', per_tool: { exec: 'always_run' } },
    } as const;
    const { judge } = gate({ config });
    expect(judge('read_file', { path: 'a' }, context).record.decision.rule).toBe('tool.approval-required');
    expect(judge('read_file', { path: 'secret' }, context).record.decision.rule).toBe('fs.test');
    expect(judge('read_file', { path: 'a' }, { ...context, approved: true }).record.decision.effect).toBe(
      'allow',
    );
    expect(judge('exec', { command: 'ls' }, context).record.decision.effect).toBe('allow');
  });

  it('asks for approval when the configuration holds a mode that nobody knows', () => {
    const config = { ...testConfig, approval: { default_mode: 'sometimes', per_tool: {} } } as never;
    expect(gate({ config }).judge('read_file', { path: 'a' }, context).record.decision).toMatchObject({
      effect: 'deny',
      rule: 'tool.approval-required',
    });
  });

  it('does not take a name of Object.prototype for an approval or a tool', () => {
    const config = { ...testConfig, approval: { default_mode: 'ask_before_run', per_tool: {} } } as const;
    const { judge } = gate({
      config,
      tools: [{ name: 'valueOf', description: '', parameters: { type: 'object' } }],
    });
    expect(judge('valueOf', {}, context).record.decision.rule).toBe('tool.approval-required');
    expect(judge('hasOwnProperty', {}, context).record.decision.rule).toBe('tool.unknown');
  });

  it('turns a question of a policy into a refusal with a hint, because nobody can be asked', () => {
    const ask = createDecision({
      effect: 'ask',
      layer: 'x',
      rule: 'x.ask',
      reason: 'r',
      input: 'i',
      policyDigest: 'd',
    });
    const { judge } = gate({
      tools: [{ name: 'x', description: '', parameters: { type: 'object' }, judge: () => ask }],
    });
    const { record, args } = judge('x', {}, context);
    expect(record.decision).toMatchObject({ effect: 'deny', rule: 'x.ask' });
    expect(record.decision.hint).toContain('approve');
    expect(args).toBeUndefined();
  });

  it('refuses when a policy throws', () => {
    const tool = {
      name: 'x',
      description: '',
      parameters: { type: 'object' },
      judge: () => {
        throw new Error('bug');
      },
    };
    expect(gate({ tools: [tool] }).judge('x', {}, context).record.decision).toMatchObject({
      effect: 'deny',
      rule: 'tool.internal',
    });
  });

  it('keeps records small whatever a model writes', () => {
    const { judge } = gate();
    const { record } = judge('n'.repeat(100_000), { path: 'x'.repeat(100_000) }, context);
    expect(JSON.stringify(record).length).toBeLessThan(20_000);
  });

  it('judges commands without a word about confinement where nothing is run', () => {
    const off = { ...testConfig, exec: { ...testConfig.exec, confinement: 'off' } } as const;
    const confinement = { available: false, reason: 'none' } as const;
    const rule = (options: Partial<GateOptions>): string =>
      gate(options).judge('exec', { command: 'ls' }, context).record.decision.rule;
    expect(rule({})).toBe('shell.allow');
    expect(rule({ confinement })).toBe('shell.confiner.unavailable');
    expect(rule({ confinement, config: off })).toBe('shell.allow');
  });

  it('names the option that makes no gate', () => {
    const exec = { ...testConfig.exec, policy: { ...testConfig.exec.policy, allow: ['a b c'] } };
    expect(() => gate({ config: { ...testConfig, exec } })).toThrow('allow');
    expect(() => gate({ workspace: 'relative' })).toThrow('workspace');
    expect(() => gate({ tools: [{ name: 'exec', description: '', parameters: {} }] })).toThrow('tools');
    expect(() => gate({ tools: [{ name: 'x', description: '', parameters: { type: 7 } }] })).toThrow('"x"');
  });
});
