import { describe, expect, test } from 'vitest';
import { compileGlob } from './compile-glob.js';
import { expandBraces } from './expand-braces.js';

function matches(pattern: string, path: string, dot = false): boolean {
  const { base, start } = compileGlob(
    expandBraces(pattern).map((alternative) => alternative.split('/').filter((name) => name !== '')),
    dot,
  );
  const names = path.split('/');
  if (base.some((name, at) => names[at] !== name)) return false;
  let state = start;
  for (const name of names.slice(base.length)) state = state.next(name);
  return state.matched;
}

describe('glob patterns', () => {
  test.each([
    ['*.ts', 'a.ts'],
    ['**/*.ts', 'a.ts'],
    ['**/*.ts', 'a/b/c.ts'],
    ['src/**', 'src/a/b'],
    ['src/**/test/*.md', 'src/test/x.md'],
    ['src/*/x', 'src/a/x'],
    ['{a,b}/*.{js,ts}', 'b/x.ts'],
    ['{a/b,c}/d', 'a/b/d'],
    ['file-[0-9].txt', 'file-7.txt'],
    ['a?c', 'abc'],
    ['a (1).*', 'a (1).txt'],
    ['a*b*c*d*', 'a-b-c-d-e'],
    ['*.test.*.snap', 'x.test.ts.snap'],
    ['[!a]*', 'b'],
    ['[^a-c]x', 'dx'],
    ['[[:digit:]]*', '7up'],
    ['[id].tsx', '[id].tsx'],
    ['[a*]b*', '*bc'],
    ['a..*', 'a..b'],
    ['"a"*', '"a"b'],
    ['.*rc', '.npmrc'],
    ['***', 'a'],
    ['a+b*', 'a+b.c'],
    ['plain/name.txt', 'plain/name.txt'],
  ])('%s matches %s', (pattern, path) => {
    expect(matches(pattern, path)).toBe(true);
  });

  test.each([
    ['*.ts', 'a/b.ts'],
    ['*.ts', '.hidden.ts'],
    ['**/*.ts', '.git/x.ts'],
    ['src/**/x', 'lib/x'],
    ['a+b', 'aab'],
    ['(a|b)', 'a'],
    ['a?c', 'ac'],
    ['[!a]*', 'ab'],
    ['a*ba', 'aba-'],
    ['aba*ba', 'aba'],
    ['*a*', 'b'],
    ['?a', '.a'],
    ['[a*]b*', 'xbc'],
  ])('%s does not match %s', (pattern, path) => {
    expect(matches(pattern, path)).toBe(false);
  });

  test('names with a leading dot match when asked', () => {
    expect(matches('**/*.ts', '.git/x.ts', true)).toBe(true);
  });

  test('a pattern with too many alternatives is refused', () => {
    expect(() => expandBraces('{a,b}'.repeat(7))).toThrow(/simpler pattern/);
  });

  test.each([
    ['src/**/*.ts', ['src']],
    ['src/a.ts', ['src']],
    ['{src,lib}/*', []],
    ['src/{a,b/c}/*.ts', ['src']],
    ['src/{a,a/b}/*.ts', ['src', 'a']],
    ['*', []],
  ])('%s begins at %j', (pattern, base) => {
    const alternatives = expandBraces(pattern).map((alternative) => alternative.split('/'));
    expect(compileGlob(alternatives, false).base).toEqual(base);
  });

  test('an attacker who wants the matcher to hang gets an answer', () => {
    const started = performance.now();
    expect(matches(`${'**/a/'.repeat(60)}b`, `${'a/'.repeat(120)}c`)).toBe(false);
    const stars = '*a*a*a*a*a*a*a*ab';
    const many = `{${stars},${stars}}${'{c,d}'.repeat(5)}`;
    for (const pattern of [stars, many, '*[a]*[a]*[a]*[a]*b', `${'?*'.repeat(60)}b`]) {
      expect(matches(pattern, 'a'.repeat(255))).toBe(false);
    }
    // Without care the least of them takes hours.
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
