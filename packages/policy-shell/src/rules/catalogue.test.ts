import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ShellCommandPolicy } from '../shell-command-policy.js';
import { buildFixture, readCorpus, readLines } from '../testing/corpus.js';
import { renderRulesPage } from '../testing/rules-page.js';
import { shellRules } from './catalogue.js';

const source = fileURLToPath(new URL('..', import.meta.url));
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('catalogue.ts'),
);
const code = files.map((name) => readFileSync(join(source, name), 'utf8')).join('\n');

describe('the rule catalogue', () => {
  it('holds no rule that nothing answers with', () => {
    expect(Object.keys(shellRules).filter((id) => !code.includes(`'${id}'`))).toEqual([]);
  });

  it('writes each reason as one sentence', () => {
    for (const { reason } of Object.values(shellRules)) expect(reason).toMatch(/^.{10,140}\.$/);
  });

  it('is the page RULES.md, examples included', () => {
    // Prettier pads the tables.
    const plain = (text: string): string => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---');
    const page = readFileSync(join(source, '../RULES.md'), 'utf8');
    expect(plain(page), 'run: npm run rules -w @clawforce/policy-shell').toBe(plain(renderRulesPage()));
  });

  it('gives a place in the command for every answer', () => {
    const fixture = buildFixture();
    const policy = new ShellCommandPolicy({ workspace: fixture.workspace });
    const commands = [
      ...readCorpus(fixture.workspace).map(({ cmd }) => cmd),
      ...readLines('attacks.txt', fixture.workspace),
      ...readLines('daily.txt', fixture.workspace),
    ];
    const without = commands.filter((command) => {
      const { span, input } = policy.check(command);
      return !span || span[0] < 0 || span[0] > span[1] || span[1] > input.length;
    });
    fixture.remove();
    expect(without).toEqual([]);
  });
});
