import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { shellRules } from './catalogue.js';

const source = fileURLToPath(new URL('..', import.meta.url));
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('catalogue.ts'),
);
const code = files.map((name) => readFileSync(join(source, name), 'utf8')).join('\n');
const readme = readFileSync(join(source, '../README.md'), 'utf8');

describe('the rule catalogue', () => {
  it('holds no rule that nothing answers with', () => {
    expect(Object.keys(shellRules).filter((id) => !code.includes(`'${id}'`))).toEqual([]);
  });

  it('writes each reason as one sentence', () => {
    for (const { reason } of Object.values(shellRules)) expect(reason).toMatch(/^.{10,140}\.$/);
  });

  it('is the table of the README, both ways', () => {
    const rows = [...readme.matchAll(/^\| `(shell\.[\w.-]+)`\s*\| (\w+)\s*\|/gm)].map(
      ([, id, effect]) => `${id} ${effect}`,
    );
    expect(rows.sort()).toEqual(
      Object.entries(shellRules)
        .map(([id, { effect }]) => `${id} ${effect}`)
        .sort(),
    );
  });
});
