import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FS_RULES } from './index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

describe('the README', () => {
  test('lists exactly the rules of the catalogue, with code, effect and words', () => {
    const section = readme.slice(
      readme.indexOf('## Errors and rules'),
      readme.indexOf('## What it protects'),
    );
    const rows = [
      ...section.matchAll(/^\| `(fs\.[a-z.-]+)`\s*\| (?:`([A-Z_]+)`|-)\s*\| (allow|deny)\s*\| (.*?)\s*\|$/gm),
    ].map(([, rule, code, effect, reason]) => [rule, { ...(code ? { code } : {}), effect, reason }]);
    expect(rows).toEqual(Object.entries(FS_RULES));
  });

  test('shows the example that CI runs', () => {
    const example = readFileSync(new URL('../examples/readme.mjs', import.meta.url), 'utf8').trim();
    expect(readme).toContain(example);
  });
});
