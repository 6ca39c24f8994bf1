import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor, PlaceholderError, type Json, type Schema } from './index.js';

const key = Buffer.alloc(32, 1);
const redactorOf = (schema: Schema) => createRedactor(schema, { key });
const secret = { type: 'string', 'x-secret': true };

describe('where secrets are', () => {
  const schema: Schema = {
    $defs: {
      credential: { properties: { value: { writeOnly: true } } },
      tree: { properties: { left: { $ref: '#/$defs/tree' }, leaf: { format: 'password' } } },
    },
    properties: {
      a: { $ref: '#/$defs/credential' },
      tree: { $ref: '#/$defs/tree' },
      list: {
        type: 'array',
        prefixItems: [{}, secret],
        items: { oneOf: [{ type: 'number' }, { properties: { s: secret } }] },
      },
      map: { patternProperties: { '^s_': secret }, additionalProperties: { properties: { pw: secret } } },
      any: { anyOf: [{ properties: { x: secret } }, { properties: { x: { type: 'string' } } }] },
      whole: { 'x-secret': true },
      max_tokens: { type: 'integer' },
    },
  };
  const config: Json = {
    a: { value: 'SECRET-1' },
    tree: { left: { left: { leaf: 'SECRET-2' } } },
    list: ['plain', 'SECRET-3', { s: 'SECRET-4' }],
    map: { s_one: 'SECRET-5', other: { pw: 'SECRET-6' } },
    any: { x: 'SECRET-7' },
    whole: { type: 'key', inner: ['SECRET-8', 1] },
    max_tokens: 10,
  };

  test('finds marks behind references, tuples, patterns, maps and branches', () => {
    const view = redactorOf(schema).redact(config, { configId: 'c' });
    expect(JSON.stringify(view)).not.toContain('SECRET');
    expect(view).toMatchObject({ list: ['plain', expect.any(String), {}], max_tokens: 10 });
  });

  test('a key that no schema knows is judged by its name', () => {
    const view = redactorOf({ properties: {} }).redact(
      {
        apiKey: 'SECRET-1',
        nested: { db_password: 'SECRET-2', max_tokens: 5, token_count: 7, name: 'plain' },
      },
      { configId: 'c' },
    );
    expect(JSON.stringify(view)).not.toContain('SECRET');
    expect(view).toMatchObject({ nested: { max_tokens: 5, token_count: 7, name: 'plain' } });
  });

  test('unset secrets stay visible as unset', () => {
    expect(
      redactorOf({ properties: { s: secret, t: secret } }).redact({ s: '', t: null }, { configId: 'c' }),
    ).toEqual({ s: '', t: null });
  });

  test.each([
    ['a reference to elsewhere', { $ref: 'https://example.com/schema' }],
    ['a reference to nothing', { properties: { a: { $ref: '#/$defs/none' } } }],
  ])('refuses a schema with %s', (_title, schema) => {
    expect(() => redactorOf(schema)).toThrow(TypeError);
  });
});

describe('placeholders', () => {
  const redactor = redactorOf({
    properties: { s: secret, t: secret, open: { type: 'string' } },
    additionalProperties: secret,
  });

  test('with stable ids the present value wins after a rotation', () => {
    const named = { configId: 'c', secretIds: { '/s': 'id-1' } };
    const view = redactor.redact({ s: 'old' }, named);
    expect(redactor.restore(view, { ...named, stored: { s: 'new' } })).toEqual({ s: 'new' });
  });

  test('without ids a placeholder of a replaced secret is refused', () => {
    const view = redactor.redact({ s: 'old' }, { configId: 'c' });
    expect(() => redactor.restore(view, { configId: 'c', stored: { s: 'new' } })).toThrow(PlaceholderError);
  });

  test.each([
    ['as the name of a member', (placeholder: string) => ({ [placeholder]: 'x' }), 'placeholder_as_key'],
    [
      'inside a longer text',
      (placeholder: string) => ({ s: `Bearer ${placeholder}` }),
      'unknown_placeholder',
    ],
    [
      'in a field that anybody reads',
      (placeholder: string) => ({ open: `see ${placeholder}` }),
      'placeholder_outside_secret',
    ],
    ['next to a prototype key', () => JSON.parse('{"__proto__": {"s": "x"}}') as Json, 'forbidden_key'],
  ])('an attacker who puts one %s is refused', (_title, body, code) => {
    const { s } = redactor.redact({ s: 'value' }, { configId: 'c' }) as { s: string };
    expect(() => redactor.restore(body(s), { configId: 'c', stored: { s: 'value' } })).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });

  test('errors never repeat a value of the body', () => {
    const canary = 'CANARY-value';
    const { s } = redactor.redact({ s: 'x' }, { configId: 'other' }) as { s: string };
    try {
      redactor.restore({ s, t: canary }, { configId: 'c', stored: { s: 'x' } });
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toContain(canary);
    }
  });

  test('keys named constructor and toString are ordinary', () => {
    const plain = redactorOf({ additionalProperties: { type: 'string' } });
    const config = { constructor: 'a', toString: 'b', hasOwnProperty: 'c' };
    expect(plain.restore(plain.redact(config, { configId: 'c' }), { configId: 'c', stored: config })).toEqual(
      config,
    );
  });

  test('a body nested without end is refused', () => {
    let body: Json = 'x';
    for (let depth = 0; depth < 200; depth += 1) body = { s2: [body] };
    const open = redactorOf({});
    expect(() => open.restore(body, { configId: 'c', stored: {} })).toThrow(
      expect.objectContaining({ code: 'too_deep' }) as Error,
    );
  });

  test('any document survives redaction and restoration unchanged, and no secret is in between', () => {
    const schema: Schema = {
      $defs: {
        node: {
          properties: { secret: { 'x-secret': true }, children: { items: { $ref: '#/$defs/node' } } },
          additionalProperties: { $ref: '#/$defs/node' },
        },
      },
      $ref: '#/$defs/node',
    };
    const any = redactorOf(schema);
    const { document } = fc.letrec((tie) => ({
      document: fc.dictionary(
        fc.constantFrom('name', 'secret', 'children', 'other', 'constructor'),
        fc.oneof(
          { maxDepth: 4 },
          fc.string().map((text) => `v-${text}`),
          fc.integer(),
          fc.constant(null),
          tie('document'),
          fc.array(tie('document'), { maxLength: 2 }),
        ),
      ),
    }));
    fc.assert(
      fc.property(document, (value) => {
        const config = { ...(value as Record<string, Json>), secret: 'TOP-SECRET-VALUE' } as Json;
        const before = JSON.stringify(config);
        const view = any.redact(config, { configId: 'c' });
        expect(JSON.stringify(view)).not.toContain('TOP-SECRET-VALUE');
        expect(any.restore(JSON.parse(JSON.stringify(view)), { configId: 'c', stored: config })).toEqual(
          JSON.parse(before),
        );
        expect(JSON.stringify(config)).toBe(before);
      }),
      { numRuns: 200 },
    );
  });
});

describe('options', () => {
  test.each([
    ['a short key', () => createRedactor({}, { key: Buffer.alloc(8) }), /key/],
    ['no configId', () => redactorOf({}).redact({}, { configId: '' }), /configId/],
    ['a schema that is none', () => redactorOf(null as unknown as Schema), /schema/],
  ])('%s is refused by name', (_title, make, name) => {
    expect(make).toThrow(name);
  });
});
