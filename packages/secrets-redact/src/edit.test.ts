import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRedactor, type Json, type Schema } from './index.js';

type Document = {
  providers: Record<string, { api_key: Json; api_base: string; retries: number }>;
  env: Record<string, string>;
  hooks: { url: string; secret: Json }[];
  keys: Json[];
  account: { password: Json; name: string };
};

const secret = { 'x-secret': true };
const schema: Schema = {
  $defs: { provider: { properties: { api_key: secret, api_base: {}, retries: {} } } },
  properties: {
    providers: { additionalProperties: { $ref: '#/$defs/provider' } },
    env: { additionalProperties: { type: 'string', writeOnly: true } },
    hooks: { items: { properties: { url: {}, secret } } },
    keys: { items: { format: 'password' } },
    account: { properties: { password: secret, name: {} } },
  },
};
const redactor = createRedactor(schema, { key: Buffer.alloc(32, 3) });

// Each text of a secret carries a mark of its own, so that any part of it can be looked for.
const mark = 'SECRET-';
const textSecret = fc
  .tuple(fc.uuid(), fc.string({ maxLength: 12 }))
  .map(([id, text]) => `${mark}${id}${text}`);
const anySecret: fc.Arbitrary<Json> = fc.oneof(
  { arbitrary: textSecret, weight: 6 },
  textSecret.map((inner) => ({ nested: [inner, 1, null] })),
  fc.constant(null),
  fc.constant(''),
);
const name = fc.oneof(
  fc.constantFrom('a', 'b', 'constructor', 'toString', 'a/b', 'c~d', 'ключ 🔑', ''),
  fc.stringMatching(/^[a-z]{1,4}$/),
);
const plain = fc.string({ maxLength: 8 }).map((text) => `plain ${text}`);
const document: fc.Arbitrary<Document> = fc.record({
  providers: fc.dictionary(name, fc.record({ api_key: anySecret, api_base: plain, retries: fc.nat(9) }), {
    maxKeys: 4,
  }),
  env: fc.dictionary(name, textSecret, { maxKeys: 4 }),
  hooks: fc.array(fc.record({ url: plain, secret: anySecret }), { maxLength: 4 }),
  keys: fc.array(anySecret, { maxLength: 4 }),
  account: fc.record({ password: anySecret, name: plain }),
});

/** An edit that a client makes without seeing a secret; applied to the stored document it says what must come out. */
type Edit = (target: Document) => void;

const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(list.length, 1)];
const edit: fc.Arbitrary<Edit> = fc.oneof(
  plain.map(
    (text): Edit =>
      (target) =>
        (target.account.name = text),
  ),
  fc.tuple(fc.nat(9), name).map(([index, to]): Edit => (target) => {
    const from = pick(Object.keys(target.providers), index);
    if (from === undefined) return;
    const { [from]: moved, ...rest } = target.providers;
    target.providers = moved ? { ...rest, [to]: moved } : rest;
  }),
  fc.nat(9).map((index): Edit => (target) => {
    const from = pick(Object.keys(target.env), index);
    if (from !== undefined) Reflect.deleteProperty(target.env, from);
  }),
  fc.tuple(name, textSecret).map(
    ([to, text]): Edit =>
      (target) =>
        (target.env = { ...target.env, [to]: text }),
  ),
  fc.tuple(fc.nat(9), name).map(([index, to]): Edit => (target) => {
    const from = pick(Object.keys(target.env), index);
    if (from !== undefined) target.env = { ...target.env, [to]: target.env[from] ?? '' };
  }),
  fc.constant<Edit>((target) => target.hooks.reverse()),
  fc.constant<Edit>((target) => target.keys.reverse()),
  fc.nat(9).map(
    (index): Edit =>
      (target) =>
        target.hooks.splice(index % 5, 1),
  ),
  fc.nat(9).map((index): Edit => (target) => {
    const hook = pick(target.hooks, index);
    if (hook) target.hooks.unshift({ ...hook, url: 'copied' });
  }),
  fc.tuple(fc.nat(9), plain, anySecret).map(([index, url, text]): Edit => (target) => {
    target.hooks.splice(index % 5, 0, { url, secret: text });
  }),
  fc.constant<Edit>((target) => (target.account.password = null)),
  fc.nat(9).map((index): Edit => (target) => {
    const hook = pick(target.hooks, index);
    if (!hook) return;
    [target.account.password, hook.secret] = [hook.secret, target.account.password];
  }),
  fc.nat(9).map((index): Edit => (target) => {
    const provider = pick(Object.values(target.providers), index);
    if (provider) target.keys.push(provider.api_key);
  }),
);

const clone = (value: unknown): Document => JSON.parse(JSON.stringify(value)) as Document;

test('any document through any edits comes out as if the client had seen its secrets, and it never did', () => {
  fc.assert(
    fc.property(document, fc.array(edit, { maxLength: 8 }), (stored, edits) => {
      const before = JSON.stringify(stored);
      const view = redactor.redact(stored, { configId: 'c' });
      expect(JSON.stringify(view).includes(mark)).toBe(false);

      const body = clone(view);
      const expected = clone(stored);
      for (const apply of edits) {
        apply(body);
        apply(expected);
      }
      expect(redactor.restore(body, { stored, configId: 'c' })).toEqual(expected);
      expect(JSON.stringify(stored)).toBe(before);
    }),
    { numRuns: 2_000 },
  );
}, 60_000);

test('a merge patch of any document with its own view changes nothing that is set', () => {
  fc.assert(
    fc.property(document, (stored) => {
      // RFC 7396: null in a patch deletes.
      const set = clone(stored);
      for (const provider of Object.values(set.providers)) provider.api_key ??= '';
      set.account.password ??= '';
      const view = redactor.redact(set, { configId: 'c' });
      expect(redactor.restorePatch(view, { stored: set, configId: 'c' })).toEqual(set);
      expect(redactor.restorePatch({}, { stored: set, configId: 'c' })).toEqual(set);
    }),
    { numRuns: 500 },
  );
}, 60_000);
