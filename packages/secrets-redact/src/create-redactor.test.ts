import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor, hasPlaceholder, PlaceholderError, type Json, type Schema } from './index.js';

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

  test('in a map whose names the schema does not spell out, texts are judged by their names', () => {
    const redactor = redactorOf({
      properties: {
        headers: { additionalProperties: { type: 'string' } },
        servers: { additionalProperties: { properties: { url: {} } } },
      },
    });
    const stored = {
      headers: { Authorization: 'SECRET-1', accept: 'text/plain' },
      servers: { 'token-service': { url: 'plain', api_key: 'SECRET-2' } },
    };
    const view = redactor.redact(stored, { configId: 'c' });
    expect(JSON.stringify(view)).not.toContain('SECRET');
    expect(view).toMatchObject({
      headers: { accept: 'text/plain' },
      servers: { 'token-service': { url: 'plain' } },
    });
    expect(redactor.restore(view, { stored, configId: 'c' })).toEqual(stored);
  });

  test('x-secret: false shows what only looks like a secret', () => {
    const view = redactorOf({
      properties: { token: { 'x-secret': false } },
      additionalProperties: { 'x-secret': false },
    }).redact({ token: 'shown', password: 'shown' }, { configId: 'c' });
    expect(view).toEqual({ token: 'shown', password: 'shown' });
  });

  test('a member of the schema that is called $ref is a name, not a reference', () => {
    const schema = { properties: { $ref: { type: 'string' }, s: secret } };
    expect(redactorOf(schema).redact({ $ref: 'plain' }, { configId: 'c' })).toEqual({ $ref: 'plain' });
  });

  test('references may lead into lists and to schemas without keywords', () => {
    const schema = {
      $defs: { any: true },
      oneOf: [{ properties: { a: secret } }, {}],
      properties: { below: { $ref: '#/oneOf/0' }, any: { $ref: '#/$defs/any' } },
    };
    const view = redactorOf(schema).redact({ below: { a: 'SECRET' }, any: 'shown' }, { configId: 'c' });
    expect(JSON.stringify(view)).not.toContain('SECRET');
    expect(view).toMatchObject({ any: 'shown' });
  });

  test.each([
    ['a reference to elsewhere', { $ref: 'https://example.com/schema' }],
    ['a reference to nothing', { properties: { a: { $ref: '#/$defs/none' } } }],
    ['a reference that is not encoded well', { properties: { a: { $ref: '#/%zz' } } }],
    ['a reference that depends on the document', { properties: { a: { $dynamicRef: '#x' } } }],
    ['a mark that is misspelt', { properties: { a: { 'x-secret': 'true' } } }],
    ['a bound that is no name', { properties: { a: { 'x-secret': { boundTo: 1 } } } }],
    ['a list of bounds with none', { properties: { a: { 'x-secret': { boundTo: [] } } } }],
    ['a list of bounds with no name', { properties: { a: { 'x-secret': { boundTo: ['base', 1] } } } }],
    ['a pattern that is none', { patternProperties: { '(': secret } }],
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

  test.each([
    ['to a place without a bound', { search: 'PLACEHOLDER' }],
    [
      'to a provider of another address',
      { providers: { evil: { key: 'PLACEHOLDER', base: 'https://evil.example' } } },
    ],
    ['beside an address that is left out', { providers: { evil: { key: 'PLACEHOLDER' } } }],
  ])(
    'an attacker who wants to have a bound secret sent elsewhere by moving it %s is refused',
    (_title, body) => {
      const redactor = redactorOf({
        properties: {
          search: secret,
          providers: { additionalProperties: { properties: { key: { 'x-secret': { boundTo: 'base' } } } } },
        },
      });
      const stored = {
        search: 'other',
        providers: {
          a: { key: 'value', base: 'https://a.example' },
          b: { key: 'value', base: 'https://b.example' },
        },
      };
      const view = redactor.redact(stored, { configId: 'c' });
      expect(redactor.restore(view, { stored, configId: 'c' })).toEqual(stored);
      const { key: placeholder } = (view as typeof stored).providers.a;
      const moved = JSON.parse(JSON.stringify(body).replace('PLACEHOLDER', placeholder)) as Json;
      expect(() => redactor.restore(moved, { stored, configId: 'c' })).toThrow(
        expect.objectContaining({ code: 'bound_field_changed' }) as Error,
      );
    },
  );

  test.each([
    ['by changing the address', (base: string) => `${base}.evil.example`, 'h'],
    ['by moving it to a place without an address', (base: string) => base, 'env'],
  ])(
    'an attacker who wants a secret header sent elsewhere %s is refused: the address is one level up',
    (_title, change, place) => {
      const bound = { 'x-secret': { boundTo: '../base' } };
      const redactor = redactorOf({
        properties: {
          provider: { properties: { h: { additionalProperties: bound } } },
          env: { additionalProperties: secret },
        },
      });
      const stored = { provider: { base: 'https://a.example', h: { auth: 'value' } }, env: {} };
      const view = redactor.redact(stored, { configId: 'c' }) as typeof stored;
      expect(redactor.restore(view, { stored, configId: 'c' })).toEqual(stored);
      const { auth } = view.provider.h;
      const moved =
        place === 'h'
          ? { ...view, provider: { ...view.provider, base: change(view.provider.base) } }
          : { ...view, env: { auth } };
      expect(() => redactor.restore(moved, { stored, configId: 'c' })).toThrow(
        expect.objectContaining({ code: 'bound_field_changed' }) as Error,
      );
    },
  );

  test.each([
    ['the address', { base: 'https://evil.example' }],
    ['the kind, which says where it goes without an address', { kind: 'other' }],
    ['both', { base: 'https://evil.example', kind: 'other' }],
  ])(
    'a secret that is bound to several fields stays only while none of them changes: %s',
    (_title, change) => {
      const redactor = redactorOf({
        properties: {
          provider: { properties: { key: { 'x-secret': { boundTo: ['base', 'kind'] } } } },
        },
      });
      const stored = { provider: { key: 'value', base: 'https://a.example', kind: 'one' } };
      const view = redactor.redact(stored, { configId: 'c' }) as typeof stored;
      expect(redactor.restore(view, { stored, configId: 'c' })).toEqual(stored);
      const moved = { provider: { ...view.provider, ...change } };
      expect(() => redactor.restore(moved, { stored, configId: 'c' })).toThrow(
        expect.objectContaining({ code: 'bound_field_changed' }) as Error,
      );
      expect(() => redactor.restorePatch({ provider: change }, { stored, configId: 'c' })).toThrow(
        expect.objectContaining({ code: 'bound_field_changed' }) as Error,
      );
    },
  );

  test('an attacker who wants to read an object by moving it to a place that hides texts only is refused', () => {
    const redactor = redactorOf({ properties: { account: secret, env: { additionalProperties: {} } } });
    const stored = { account: { inner: 'SECRET' }, env: {} };
    const { account } = redactor.redact(stored, { configId: 'c' }) as { account: string };
    expect(() => redactor.restore({ env: { API_TOKEN: account } }, { stored, configId: 'c' })).toThrow(
      expect.objectContaining({ code: 'placeholder_outside_secret', pointer: '/env/API_TOKEN' }) as Error,
    );
  });

  test.each([
    ['escaped for HTML', (text: string) => text.replace('<', '&lt;').replace('>', '&gt;')],
    ['escaped for a URL', (text: string) => encodeURIComponent(text)],
    ['without its first character', (text: string) => text.slice(1)],
    ['in capitals', (text: string) => text.toUpperCase()],
    ['inside other text', (text: string) => `Bearer ${text}, please`],
  ])('a placeholder %s is still seen as one, so that no secret is lost in its favour', (_title, damage) => {
    const { s } = redactor.redact({ s: 'value' }, { configId: 'c' }) as { s: string };
    expect(hasPlaceholder(damage(s))).toBe(true);
    expect(() => redactor.restore({ s: damage(s) }, { configId: 'c', stored: { s: 'value' } })).toThrow(
      expect.objectContaining({ code: 'unknown_placeholder' }) as Error,
    );
  });

  test('a text about this product is no placeholder', () => {
    expect(hasPlaceholder('the image clawforce-secret:1.2 and a clawforce-secret')).toBe(false);
  });

  test('a redaction refuses what is no JSON instead of showing it half', () => {
    const plain = redactorOf({});
    for (const value of [() => 1, 1n, Number.NaN, Symbol('x')]) {
      expect(() => plain.redact({ a: [value] }, { configId: 'c' })).toThrow(
        /^the document is not JSON.*"\/a\/0"$/,
      );
    }
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(() => plain.redact(loop, { configId: 'c' })).toThrow(
      expect.objectContaining({ code: 'too_deep' }) as Error,
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
  }, 60_000);
});

describe('options', () => {
  test.each([
    ['a short key', () => createRedactor({}, { key: Buffer.alloc(8) }), /key/],
    ['no configId', () => redactorOf({}).redact({}, { configId: '' }), /configId/],
    [
      'an id of two secrets',
      () => redactorOf({}).redact({}, { configId: 'c', secretIds: { '/a': 'x', '/b': 'x' } }),
      /secretIds/,
    ],
    ['a schema that is none', () => redactorOf(null as unknown as Schema), /schema/],
  ])('%s is refused by name', (_title, make, name) => {
    expect(make).toThrow(name);
  });
});
