import { describe, expect, test } from 'vitest';
import { normalizeUsername } from './normalize-username.js';

describe('normalizeUsername', () => {
  test.each(['admin', 'Admin', 'ADMIN', ' admin ', 'ａｄｍｉｎ', 'Ａｄｍｉｎ', 'ⓐdmin'])(
    '%s is admin',
    (name) => {
      expect(normalizeUsername(name)).toBe('admin');
    },
  );

  test.each([
    '',
    ' ',
    '.a',
    'a.',
    'a b',
    'аdmin',
    'adm\u0131n',
    'a\u200bdmin',
    'x'.repeat(65),
    'x'.repeat(10_000),
    7,
    null,
    ['admin'],
  ])('%j is no user name: nobody imitates another account', (name) => {
    const call = (): string => normalizeUsername(name);
    expect(call).toThrow(expect.objectContaining({ code: 'USERNAME_INVALID' }));
  });
});
