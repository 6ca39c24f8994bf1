import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createRedactor, type Json, type Schema } from './index.js';

interface Scenario {
  readonly id: string;
  readonly category: string;
  readonly mode: 'put' | 'patch';
  readonly stored: Json;
  readonly storedNow?: Json;
  readonly edit: { readonly description: string; readonly put: Json };
  readonly expected: Json;
  readonly expectError?: string;
}

const vectors = new URL('../test/vectors/', import.meta.url);
const { secretPaths, bound } = JSON.parse(
  readFileSync(new URL('secrets-roundtrip.schema.json', vectors), 'utf8'),
) as {
  secretPaths: string[];
  bound: { secret: string; to: string }[];
};
const scenarios = readFileSync(new URL('secrets-roundtrip.jsonl', vectors), 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Scenario);

type Node = { [keyword: string]: unknown };

/** Makes a JSON Schema of the corpus' pointer patterns: `*` is any member and any item. */
function schemaOf(withBound: boolean): Schema {
  const root: Node = {};
  for (const path of secretPaths) {
    let node = root;
    for (const token of path.slice(1).split('/')) {
      if (token === '*') {
        node['additionalProperties'] ??= {};
        node['items'] ??= node['additionalProperties'];
        node = node['additionalProperties'] as Node;
      } else {
        const properties = (node['properties'] ??= {}) as Record<string, Node>;
        node = properties[token] ??= {};
      }
    }
    const to = bound
      .find(({ secret }) => secret === path)
      ?.to.split('/')
      .at(-1);
    node['x-secret'] = withBound && to ? { boundTo: to } : true;
  }
  return root;
}

const key = Buffer.alloc(32, 7);

function at(document: Json, pointer: string): string {
  let value: unknown = document;
  for (const token of pointer.slice(1).split('/')) {
    value = (value as Record<string, unknown>)[token.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return String(value);
}

function fillIn(body: Json, view: Json, foreign: Json): Json {
  return JSON.parse(
    JSON.stringify(body).replace(
      /⟦(R|CUT|FOREIGN|UPPER):((?:[^⟧\\]|\\.)*)⟧/g,
      (_match, kind: string, raw: string) => {
        const pointer = JSON.parse(`"${raw}"`) as string;
        const placeholder = at(kind === 'FOREIGN' ? foreign : view, pointer);
        const text =
          kind === 'CUT'
            ? placeholder.slice(0, -3)
            : kind === 'UPPER'
              ? placeholder.toUpperCase()
              : placeholder;
        return JSON.stringify(text).slice(1, -1);
      },
    ),
  ) as Json;
}

describe('round trips of the corpus', () => {
  test('holds every scenario of the file', () => expect(scenarios.length).toBe(49));

  test.each(
    scenarios.map(
      (scenario) => [scenario.id, scenario.category, scenario.edit.description, scenario] as const,
    ),
  )('%s %s: %s', (_id, _category, _description, scenario) => {
    const redactor = createRedactor(schemaOf(scenario.expectError === 'bound_field_changed'), { key });
    const view = redactor.redact(scenario.stored, { configId: 'agent-a' });
    const foreign = redactor.redact(scenario.stored, { configId: 'agent-b' });
    const body = fillIn(scenario.edit.put, view, foreign);
    const options = { stored: scenario.storedNow ?? scenario.stored, configId: 'agent-a' };
    const run = (): Json =>
      scenario.mode === 'patch' ? redactor.restorePatch(body, options) : redactor.restore(body, options);
    if (scenario.expectError) {
      expect(run).toThrow(
        expect.objectContaining({ name: 'PlaceholderError', code: scenario.expectError }) as Error,
      );
    } else {
      expect(run()).toEqual(scenario.expected);
    }
  });

  test('no view shows any part of a secret', () => {
    const redactor = createRedactor(schemaOf(false), { key });
    for (const { stored } of scenarios) {
      const text = JSON.stringify(redactor.redact(stored, { configId: 'a' }));
      for (const secret of JSON.stringify(stored).match(/EXAMPLE[\w-]{4,}/g) ?? []) {
        if (secret.length < 1000) expect(text).not.toContain(secret.slice(-6));
      }
    }
  });
});
