import { expect, test } from 'vitest';
import { NetworkSecurityPolicy } from '../policy.js';
import { redactUrl } from './parse-url.js';

test.each([
  ['http:u:SECRET@h.com/', 'http:…'],
  ['http://u:SE/SECRET@h.com/', 'http://…@h.com/'],
  ['u:SECRET@h.com:80/?x', 'u:…'],
  ['data:text/plain,SECRET', 'data:…'],
  ['http://u:SECRET%40h.com/', 'http://…@h.com/'],
  ['http://u:SE?SECRET@h.com/', 'http://…'],
  ['http://h.com\u0001/?mail=u@SECRET', 'http://…'],
  ['http://u:a\\SECRET@@h.com/x?SECRET', 'http://…@h.com/x?…'],
  ['//u:SECRET@h.com/', '//…@h.com/'],
  ['\tdata:SECRET', 'data:…'],
])('%s is shown as %s', (url, shown) => {
  expect(redactUrl(url)).toBe(shown);
  const { input, effect } = new NetworkSecurityPolicy().checkUrl(url);
  expect([effect, input]).toEqual(['deny', shown]);
  expect(JSON.stringify(new NetworkSecurityPolicy().checkUrl(url))).not.toContain('SECRET');
});

test('a URL without a host shows its scheme only', () => {
  expect(redactUrl(new URL('data:text/plain,SECRET'))).toBe('data:…');
});
