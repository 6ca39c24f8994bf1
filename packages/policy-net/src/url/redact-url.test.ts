import { expect, test } from 'vitest';
import { NetworkSecurityPolicy } from '../policy.js';
import { redactUrl } from './redact-url.js';

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
  ['http://h.com:SECRET/', 'http://h.com:…/'],
  ['http://h.com:80SECRET', 'http://h.com:…'],
  ['http://[::1]:SECRET/x', 'http://[::1]:…/x'],
  ['http://u@h.com:SECRET?x', 'http://…@h.com:…?…'],
])('%s is shown as %s', (url, shown) => {
  expect(redactUrl(url)).toBe(shown);
  const { input, effect } = new NetworkSecurityPolicy().checkUrl(url);
  expect([effect, input]).toEqual(['deny', shown]);
  expect(JSON.stringify(new NetworkSecurityPolicy().checkUrl(url))).not.toContain('SECRET');
});

test('a URL without a host shows its scheme only', () => {
  expect(redactUrl(new URL('data:text/plain,SECRET'))).toBe('data:…');
});

const TOKEN = 'AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw';

test.each([
  [
    `https://api.telegram.org/bot110201543:${TOKEN}/getMe`,
    'https://api.telegram.org/bot110201543:AAHd…/getMe',
  ],
  [
    `https://hooks.example.com/services/T0/B0/${TOKEN}?a=b`,
    'https://hooks.example.com/services/T0/B0/AAHd…?…',
  ],
  [`https://a.example.com/ghp_16C7e42F292c6912E7710c838347Ae178B4a`, 'https://a.example.com/ghp_…'],
])('the token in the path of %s is not shown', (url, shown) => {
  expect(new NetworkSecurityPolicy().checkUrl(url).input).toBe(shown);
  expect(redactUrl(url)).toBe(shown);
  expect(redactUrl(new URL(url))).toBe(shown);
});

test.each([
  'https://a.example.com/items/3f2504e0-4f89-11d3-9a0c-0305e82c3301',
  'https://a.example.com/2024/11/how-to-build-a-garden-with-12-friends',
  'https://a.example.com/@scope/package/-/package-name-with-words-4.17.21.tgz',
])('the path of %s is shown as it is', (url) => {
  expect(new NetworkSecurityPolicy().checkUrl(url).input).toBe(url);
});
