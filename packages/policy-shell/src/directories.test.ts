import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShellCommandPolicy } from './shell-command-policy.js';
import { buildFixture } from './testing/corpus.js';

describe('an option that enters a directory', () => {
  let fixture: ReturnType<typeof buildFixture>;
  let policy: ShellCommandPolicy;
  beforeAll(() => {
    fixture = buildFixture();
    policy = new ShellCommandPolicy({ workspace: fixture.workspace });
    mkdirSync(join(fixture.workspace, 'd/e'), { recursive: true });
    symlinkSync('../src', join(fixture.workspace, 'd/back'));
  });
  afterAll(() => fixture.remove());

  const rule = (command: string, cwd?: string): string => policy.check(command, { cwd }).rule;

  // From a directory two below, `../..` is the workspace and `../../..` is outside; from the workspace it is not.
  const entering = [
    ['git -C %s add', ''], ['git -C %s diff --output', ''], ['make -C %s -f', ''], ['make --directory=%s -f', ''], ['gmake --dir %s -f', ''],
    ['pnpm -C %s add', ''], ['pnpm --dir=%s add', ''], ['yarn --cwd %s test', ''], ['bun --cwd=%s test', ''],
    ['uv --directory %s run pytest', ''], ['poetry run --directory %s pytest', ''], ['patch -d %s -i', ''], ['patch --directory=%s -i', ''],
    ['cargo -C %s test --manifest-path', ''], ['go -C %s vet', ''], ['env -C %s cat', ''], ['env --chdir=%s cat', ''], ['env -iC%s cat', ''],
    ['timeout 5 env -C %s nice cat', ''], ["env -S '-C %s cat'", ''], ['hg --cwd %s add', ''],
  ] as const; // prettier-ignore

  it.each(entering)('has the words behind it judged from there: %s', (form) => {
    const at = (directory: string, path: string): string => rule(`${form.replace('%s', directory)} ${path}`);
    expect([form, at('d/e', '../../a.txt')]).toEqual([form, 'shell.allow']);
    expect([form, at('d/e', '../../../secret')]).toEqual([form, 'shell.workspace.outside']);
    expect([form, at('.', '../secret')]).toEqual([form, 'shell.workspace.outside']);
    expect([form, at('..', 'a.txt')]).toEqual([form, 'shell.workspace.outside']);
    // What is protected is so from everywhere.
    expect([form, at('d/e', '../../.config/x')]).toEqual([form, 'shell.workspace.protected']);
    // `..` behind a link counts from where the link leads.
    expect([form, at('d/back', '../../secret')]).toEqual([form, 'shell.workspace.outside']);
  });

  it.each([
    'tar -C %s -xf a.tar', 'tar --directory=%s -cf a.tar', 'tar -cf a.tar -C%s', 'npm --prefix %s run x', 'npm -C %s test', 'git --work-tree=%s add',
    'yarn --prefix %s test', 'uv --project %s run pytest', 'cmake --build %s --target', 'ninja -C %s', 'fd --base-directory %s x',
    'foo --cwd %s', 'foo -C %s', 'foo --chdir=%s', 'composer --working-dir %s install',
  ])('that counts for some words has all judged from both: %s', (form) => {
    const at = (directory: string, path: string, cwd?: string): string => rule(`${form.replace('%s', directory)} ${path}`, cwd);
    expect([form, at('d/e', 'a.txt')]).toEqual([form, 'shell.allow']);
    expect([form, at('d/e', '../../../secret')]).toEqual([form, 'shell.workspace.outside']);
    // From `d/e` the word stays inside, from the workspace, which the option names, it does not.
    expect([form, at('../..', '../x', 'd/e')]).toEqual([form, 'shell.workspace.outside']);
    expect([form, at('../..', './.config', 'd/e')]).toEqual([form, expect.stringMatching(/\.(?:protected|outside)$/)]);
  }); // prettier-ignore

  it('counts from the one before it, and ends with its program', () => {
    expect(rule('git -C d -C e add ../../a.txt')).toBe('shell.allow');
    expect(rule('git -C d -C e add ../../../a.txt')).toBe('shell.workspace.outside');
    expect(rule('git -C d -C .. -C .. add a.txt')).toBe('shell.workspace.outside');
    // The lock is opened where flock stands.
    expect(rule('flock ../lock env -C d/e cat a.txt')).toBe('shell.workspace.outside');
    expect(rule('tar -C d -C e -cf a.tar ../../../x')).toBe('shell.workspace.outside');
  });

  it('that is given twice is refused, unless each is entered from the one before', () => {
    for (const form of [
      'env -C %s -C %s cat',
      'env -C %s -S "-C %s cat"',
      'yarn --cwd %s --cwd=%s test',
      'hg --cwd %s --cwd %s add',
    ]) {
      const at = (first: string, second: string): string =>
        rule(`${form.replace('%s', first).replace('%s', second)} a.txt`);
      expect([form, at('x/y/z', '../../..')]).toEqual([form, 'shell.syntax.too-complex']);
      expect([form, at('d', 'e')]).toEqual([form, 'shell.syntax.too-complex']);
      expect([form, at('d', join(fixture.workspace, 'd/e'))]).toEqual([form, 'shell.allow']);
    }
    expect(rule('make -C d -C e -f ../../Makefile')).toBe('shell.allow');
    expect(rule('patch -d d -d e -i ../../a.diff')).toBe('shell.allow');
  });

  it('inside of a program that may start in several places is refused', () => {
    expect(rule('bunx --cwd ../.. env -C .. cat secret', 'd/e')).toBe('shell.syntax.too-complex');
    expect(rule('bunx --cwd ../.. tar -C .. -cf x.tar secret', 'd/e')).toBe('shell.syntax.too-complex');
    expect(rule('bunx --cwd ../.. cat a.txt', 'd/e')).toBe('shell.allow');
  });

  it('has what stands before it judged from both', () => {
    expect(rule('make -f ../../Makefile -C d/e')).toBe('shell.workspace.outside');
    expect(rule('make -f d/../Makefile -C d')).toBe('shell.allow');
  });

  it('has files looked at where they are: links that a tool follows', () => {
    symlinkSync('/etc', join(fixture.workspace, 'd/e/out'));
    expect(rule('tar -C d/e -chf a.tar .')).toMatch(/^shell\.workspace\./);
    expect(rule('tar -C d/e -cf a.tar .')).toBe('shell.allow');
    expect(rule('env -C d/e grep -R x .')).toBe('shell.workspace.outside');
    expect(rule('env -C d/e cat out/passwd')).toBe('shell.workspace.outside');
  });

  it('is refused in numbers that nobody needs', () => {
    expect(rule(`tar -cf a.tar ${'-C d/e/.. -C src '.repeat(9)} a`)).not.toBe('shell.allow');
  });
});
