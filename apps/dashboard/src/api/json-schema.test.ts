import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { AGENT_CONFIG_SCHEMA } from './generated/agent-config-schema.js';
import { REQUEST_SCHEMAS } from './generated/request-schemas.js';
import { schemaIssues, type JsonSchema } from './json-schema.js';

const ODD = ['', 'x', ' ', 'a/b', 'https://x', '8g', '\u{1F600}', 0, -1, 1.5, 1e12, true, null, [], {}];

/** Documents at and beyond every limit of a schema, each wrong or right in one place. */
function documentsFor(schema: JsonSchema): readonly unknown[] {
  const { minimum, maximum, maxLength, maxItems, items, properties, additionalProperties } = schema;
  const least = leastOf(schema);
  const base = isRecord(least) ? least : {};
  const put = (name: string, one: JsonSchema): object[] =>
    documentsFor(one).map((value) => ({ ...base, [name]: value }));
  return [
    ...ODD,
    ...[minimum, maximum].flatMap((limit) => (limit === undefined ? [] : [limit - 1, limit, limit + 1])),
    ...(schema.enum ?? []),
    ...(maxLength === undefined || maxLength > 10_000
      ? []
      : ['x'.repeat(maxLength), 'x'.repeat(maxLength + 1), '\u{1F600}'.repeat(maxLength)]),
    ...(maxItems === undefined ? [] : [Array(maxItems).fill('x'), Array(maxItems + 1).fill('x')]),
    ...(items ? documentsFor(items).map((value) => [value]) : []),
    ...Object.entries(properties ?? {}).flatMap(([name, one]) => put(name, one)),
    ...(typeof additionalProperties === 'object'
      ? ['name', 'bad name!', 'LD_PRELOAD', ''].flatMap((name) => put(name, additionalProperties))
      : [{ ...base, unknown: 1 }]),
  ];
}

function leastOf(schema: JsonSchema): unknown {
  if (schema.enum) return schema.enum[0];
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1;
  if (schema.type !== 'object') return 'xx';
  return Object.fromEntries(
    (schema.required ?? []).map((name) => [name, leastOf(schema.properties?.[name] ?? {})]),
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

test.each([...Object.entries(REQUEST_SCHEMAS), ['an agent’s configuration', AGENT_CONFIG_SCHEMA] as const])(
  '%s: refuses what ajv, by which the server judges, refuses, at the same places, and nothing else',
  (_, schema) => {
    const judge = new Ajv({ strict: false, allErrors: true }).compile(schema);
    const documents = documentsFor(schema);
    const verdicts = new Set<boolean>();
    for (const document of documents) {
      const isRight = judge(document);
      verdicts.add(isRight);
      const issues = schemaIssues(schema, document);
      expect([document, issues.length === 0]).toEqual([document, isRight]);
      const places = new Set(
        (judge.errors ?? []).flatMap(({ instancePath, params }) => [
          instancePath,
          ...Object.values(params as Record<string, unknown>).map(
            (name) => `${instancePath}/${String(name)}`,
          ),
        ]),
      );
      for (const { pointer } of issues)
        expect([document, [...places]]).toEqual([document, expect.arrayContaining([pointer])]);
    }
    expect(documents.length).toBeGreaterThan(15);
    expect(verdicts).toEqual(new Set([true, false]));
  },
);

test('says in words what it wants', () => {
  const said = (value: unknown): string[] =>
    schemaIssues(AGENT_CONFIG_SCHEMA, { tools: { exec: { timeout: value } } }).map(
      ({ pointer, message }) => `${pointer} ${message}`,
    );
  expect(said(30)).toEqual([]);
  expect(said('soon')).toEqual(['/tools/exec/timeout Must be a whole number.']);
  expect(said(0)).toEqual(['/tools/exec/timeout Must be from 1 to 3600.']);
  expect(said(1.5)).toEqual(['/tools/exec/timeout Must be a whole number.']);
});
