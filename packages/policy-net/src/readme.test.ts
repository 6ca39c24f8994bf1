import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from './client/limits.js';
import { DEFAULT_PROXY_LIMITS } from './proxy/proxy-options.js';
import { NET_RULES } from './rules.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

describe('the README', () => {
  test('lists exactly the rules of the catalogue, with the same words', () => {
    const section = readme.slice(readme.indexOf('## Rules'), readme.indexOf('## What it protects'));
    const rows = [...section.matchAll(/^\| `(net\.[a-z0-9.-]+)`\s*\| (.*?)\s*\|$/gm)].map(([, id, when]) => [
      id,
      when,
    ]);
    expect(rows).toEqual(Object.entries(NET_RULES).map(([id, { when }]) => [id, when]));
  });

  test('has a hint for every refusal: what to change, in one sentence or two', () => {
    for (const [id, { hint }] of Object.entries(NET_RULES))
      if (!/^net\.(?:exception\.)?allow$/.test(id)) expect(hint, id).toMatch(/^[A-Z][^\n]+[.]$/);
  });

  test('names every limit', () => {
    for (const name of Object.keys({ ...DEFAULT_LIMITS, ...DEFAULT_PROXY_LIMITS }))
      expect(readme).toContain(`\`${name}\``);
  });

  test.each(['readme', 'proxy'])('shows the example %s as it can be run', (name) => {
    const example = readFileSync(new URL(`../examples/${name}.mjs`, import.meta.url), 'utf8').trim();
    expect(readme).toContain(example);
  });
});
