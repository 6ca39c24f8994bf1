import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { answerCli } from './cli.js';

const answer = (...args: string[]): ReturnType<typeof answerCli> => answerCli(args, tmpdir());

describe('policy-shell check', () => {
  it('ends with 0 for a command that passes', () => {
    expect(answer('check', 'ls -la')).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('ends with 1 for a refused command, names the rule and points at the place', () => {
    const { exitCode, stdout } = answer('check', 'ls; id');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('deny  shell.syntax.sequence');
    expect(stdout).toContain('  ls; id\n      ^^');
  });

  it('points at the place in the form that it judged, whatever the quotes were', () => {
    const { stdout } = answer('check', `'r'm   -rf "a b"`);
    expect(stdout).toContain("  rm -rf 'a b'\n     ^^^\n");
  });

  it('prints nothing that a terminal would obey', () => {
    const { stdout } = answer('check', 'ls \u001b]0;x\u0007 \u202e');
    expect(stdout).toContain('ls ·]0;x· ·');
    expect(stdout).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
  });

  it('ends with 2 for a command that a person should decide', () => {
    expect(answer('check', 'git push --force origin main').exitCode).toBe(2);
  });

  it.each([
    [[]],
    [['check']],
    [['run', 'ls']],
    [['check', 'ls', 'id']],
    [['check', 'ls', '--what']],
    [['check', 'ls', '--workspace', '/']],
  ])('ends with 64 for wrong usage: %j', (args) => {
    expect(answer(...args)).toMatchObject({ exitCode: 64, stdout: '' });
  });

  it('prints the whole decision as JSON', () => {
    const decision = JSON.parse(answer('check', 'cat "a b"', '--json').stdout);
    expect(decision).toMatchObject({ effect: 'allow', plan: { argv: ['cat', 'a b'], program: 'cat' } });
  });
});
