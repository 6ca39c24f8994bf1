import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { gateRules, MODEL_ERROR_CODES } from './index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const section = (title: string): string => readme.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '';

it('the README lists every rule of the gate with its meaning, and no other', () => {
  const rows = [...section('Rules of the gate').matchAll(/^\| `([^`]+)`\s*\| (.*?)\s*\|$/gm)];
  expect(Object.fromEntries(rows.map(([, rule, meaning]) => [rule, meaning]))).toEqual(
    Object.fromEntries(Object.entries(gateRules).map(([rule, { meaning }]) => [rule, meaning])),
  );
});

it('the README lists every code of the model', () => {
  for (const code of MODEL_ERROR_CODES) expect(section('Codes of failed commands')).toContain(`\`${code}\``);
});

it('the README shows the example that is run', () => {
  const example = readFileSync(new URL('../examples/readme.mjs', import.meta.url), 'utf8').trim();
  expect(readme).toContain(example);
});
