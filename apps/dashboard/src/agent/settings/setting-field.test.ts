import { expect, test } from 'vitest';
import { patchAt, valueAt } from './config-patch.js';
import { draftOf, patchOf, type SettingField } from './setting-field.js';

const number: SettingField = { pointer: '/a/n', label: 'N', kind: 'number', fallback: '1' };
const lines: SettingField = { pointer: '/a/l', label: 'L', kind: 'lines', fallback: '' };
const flag: SettingField = { pointer: '/f', label: 'F', kind: 'flag', fallback: 'false' };
const fields = [number, lines, flag];

test('only what differs is in the patch, with the type that the schema has', () => {
  const shown = draftOf(fields, { a: { n: 3, l: ['x', 'y'] } } as object);
  expect(shown).toEqual({ '/a/n': '3', '/a/l': 'x\ny', '/f': '' });
  expect(patchOf(fields, shown, shown)).toBeUndefined();
  expect(patchOf(fields, shown, { ...shown, '/f': 'true' })).toEqual({ f: true });
  expect(patchOf(fields, shown, { ...shown, '/a/n': ' 4 ', '/a/l': ' x \n\n z' })).toEqual({
    a: { n: 4, l: ['x', 'z'] },
  });
});

test('what is emptied goes back to the default, and what is no number goes to the server as it is', () => {
  const shown = draftOf(fields, { a: { n: 3, l: ['x'] } } as object);
  expect(patchOf(fields, shown, { '/a/n': '', '/a/l': '', '/f': '' })).toEqual({ a: { n: null, l: null } });
  expect(patchOf(fields, shown, { ...shown, '/a/n': 'many' })).toEqual({ a: { n: 'many' } });
});

test('names that reach for prototypes are ordinary names', () => {
  const patch = patchAt({ '/providers/__proto__/kind': 'x', '/providers/a~1b/kind': 'y' });
  expect(JSON.stringify(patch)).toBe('{"providers":{"__proto__":{"kind":"x"},"a/b":{"kind":"y"}}}');
  expect(valueAt({ providers: {} }, '/providers/__proto__')).toBeUndefined();
  expect(valueAt(patch, '/providers/a~1b/kind')).toBe('y');
});
