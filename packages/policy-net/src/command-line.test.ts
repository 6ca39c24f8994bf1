import type { Decision } from '@clawforce/policy-core';
import { describe, expect, test } from 'vitest';
import { runCommandLine } from './command-line.js';

function run(...args: string[]): { status: number; out: string; err: string } {
  let out = '';
  let err = '';
  const status = runCommandLine(args, { out: (text) => (out += text), err: (text) => (err += text) });
  return { status, out, err };
}

describe('policy-net check', () => {
  test('answers allow with status 0', () => {
    expect(run('check', 'https://example.com/')).toMatchObject({ status: 0, err: '' });
    expect(run('check', 'https://example.com/').out).toMatch(/^allow net\.allow\n/);
  });

  test('answers deny with status 1, the rule, the reason and the hint', () => {
    const { status, out } = run('check', 'http://169.254.169.254/latest/');
    expect(status).toBe(1);
    expect(out).toMatch(/^deny net\.address\.metadata\n/);
    expect(run('check', 'http://10.0.0.1/').out.split('\n')).toHaveLength(4);
  });

  test('prints the decision with --json', () => {
    const { status, out } = run('check', '--json', 'http://2130706433/');
    expect(status).toBe(1);
    expect(JSON.parse(out) as Decision).toMatchObject({ effect: 'deny', rule: 'net.host.non-canonical' });
  });

  test('takes allowlist entries', () => {
    expect(run('check', 'https://a.example.com/', '--allow', '*.example.com').status).toBe(0);
    expect(run('check', 'https://example.net/', '--allow', '*.example.com').status).toBe(1);
  });

  test.each([
    [[]],
    [['check']],
    [['judge', 'x']],
    [['check', 'a', 'b']],
    [['check', 'a', '--wat']],
    [['check', 'a', '--allow', '*']],
  ])('answers %j with the usage and status 64', (args) => {
    const { status, err, out } = run(...args);
    expect([status, out]).toEqual([64, '']);
    expect(err).toContain('Usage: policy-net check <url>');
  });
});
