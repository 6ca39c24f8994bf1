import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { AUTH_ERRORS, AuthError } from './index.js';
import { RBAC_RULES } from './rbac.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const readme = read('../README.md');
const rowsOf = (heading: string): string[][] => {
  const section = readme.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
};

describe('the README', () => {
  test('lists every error code with its status and meaning, and no other', () => {
    const table = Object.entries(AUTH_ERRORS).map(([code, { status, meaning }]) => [
      `\`${code}\``,
      String(status),
      meaning,
    ]);
    expect(rowsOf('Error codes')).toEqual(table);
  });

  test('lists every rule of the authorizer, and no other', () => {
    expect(rowsOf('Rules')).toEqual(
      Object.entries(RBAC_RULES).map(([rule, meaning]) => [`\`${rule}\``, meaning]),
    );
  });

  test('shows the example that is run', () => {
    expect(readme).toContain(`\`\`\`js\n${read('../examples/readme.mjs')}\`\`\``);
  });
});

describe('the entries', () => {
  const importsOf = (path: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(path)) return seen;
    seen.add(path);
    for (const [, name = ''] of read(path).matchAll(/^(?:import|export)(?! type)[^;]*? from '([^']+)';/gms)) {
      if (name.startsWith('.'))
        importsOf(
          new URL(name.replace(/\.js$/, '.ts'), `file:///${path}`).pathname.replace(/^\//, './'),
          seen,
        );
      else seen.add(name);
    }
    return seen;
  };

  test.each([
    ['index', ['@clawforce/policy-core']],
    ['rbac', ['@clawforce/policy-core']],
    ['limiter', ['node:crypto', 'node:net']],
    ['express', ['@clawforce/policy-core']],
    ['tokens', ['jsonwebtoken', 'node:crypto', 'node:zlib']],
    ['passwords', ['argon2', 'node:crypto']],
  ])('%s loads no more than its field needs: nobody loads argon2 for a role check', (entry, expected) => {
    const packages = [...importsOf(`./${entry}.ts`)].filter((name) => !name.startsWith('./'));
    expect([...new Set(packages)].sort()).toEqual(expected);
  });

  test('an error from another installed copy is recognised', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('@clawforce/auth-rbac/AuthError')]: true });
    expect(foreign).toBeInstanceOf(AuthError);
    expect(new Error('x')).not.toBeInstanceOf(AuthError);
  });
});
