import { describe, expect, test } from 'vitest';
import { AuthError } from '../errors/auth-error.js';
import { checkPassword } from './password-rules.js';

const codeOf = (password: unknown, context = {}): string => {
  try {
    checkPassword(password, context);
    return 'accepted';
  } catch (error) {
    return error instanceof AuthError ? error.code : String(error);
  }
};

describe('checkPassword', () => {
  test.each([
    ['eleven points', 'a'.repeat(11), 'PASSWORD_TOO_SHORT'],
    ['twelve points', 'abcdefghijkl', 'accepted'],
    ['256 points', 'x'.repeat(256), 'accepted'],
    ['257 points', 'x'.repeat(257), 'PASSWORD_TOO_LONG'],
    ['megabytes', 'x'.repeat(2_000_000), 'PASSWORD_TOO_LONG'],
    ['twelve emoji, 24 code units', '🦀'.repeat(12), 'accepted'],
    ['eleven emoji, 22 code units', '🦀'.repeat(11), 'PASSWORD_TOO_SHORT'],
    ['256 emoji', '🦀'.repeat(256), 'accepted'],
    ['twelve letters that compose to six', 'é'.normalize('NFD').repeat(6), 'PASSWORD_TOO_SHORT'],
    ['only spaces', ' '.repeat(12), 'accepted'],
    ['no digit, no capital', 'correct horse battery', 'accepted'],
    ['an unpaired surrogate', `${'a'.repeat(12)}\udfff`, 'PASSWORD_INVALID'],
    ['an object', { length: 12 }, 'PASSWORD_INVALID'],
    ['nothing', undefined, 'PASSWORD_INVALID'],
  ])('%s', (_title, password, code) => {
    expect(codeOf(password)).toBe(code);
  });

  test('refuses the user name in another spelling and listed passwords', () => {
    expect(codeOf('Administrator', { username: 'administrator' })).toBe('PASSWORD_GUESSABLE');
    expect(codeOf('ADMINISTRATOR', { username: 'administrator' })).toBe('PASSWORD_GUESSABLE');
    expect(codeOf('Password12345', { refused: new Set(['password12345']) })).toBe('PASSWORD_GUESSABLE');
    expect(codeOf('administrator2', { username: 'administrator' })).toBe('accepted');
  });

  test('no message repeats the password', () => {
    const canary = 'canary-of-1';
    expect(() => checkPassword(canary)).toThrow(/^(?!.*canary).*$/);
  });
});
