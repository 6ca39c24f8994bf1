import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { NetworkSecurityPolicy } from '../policy.js';
import { redactUrl } from './redact-url.js';
import { splitUrl } from './split-url.js';

const corpus = readFileSync(new URL('../../test/vectors/net.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as { url: string }).url);

const origins = [
  'https://a.example.com',
  'HTTP://A.example.com:8080',
  'http://[2606:2800::1]',
  'http://93.184.215.14',
];
const pieces = [
  '/',
  '.',
  '..',
  '%2e',
  '%2E',
  'a',
  'b.c',
  '?',
  '#',
  '=',
  '&',
  '~',
  "'",
  '"',
  '<',
  '^',
  '|',
  '`',
  '{',
  'ü',
  '%',
  ':',
  '@',
  '//',
  '\\',
  '\t',
];

describe('a URL whose origin is known', () => {
  test('is shown as the WHATWG parser gives it, or parsed', () => {
    let state = 7;
    const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31);
    let split = 0;
    for (let i = 0; i < 20_000; i += 1) {
      const tail = Array.from({ length: next() % 7 }, () => pieces[(next() >> 8) % pieces.length] ?? '').join(
        '',
      );
      const raw = `${origins[i % origins.length] ?? ''}${tail}`;
      const parts = splitUrl(raw);
      if (parts === undefined) continue;
      expect([raw, URL.canParse(raw)]).toEqual([raw, URL.canParse(parts.origin)]);
      if (!URL.canParse(raw)) continue;
      const url = new URL(raw);
      // What is skipped by the short way must not hide anything that the long way would see.
      expect([raw, `${url.origin}${parts.shownPath}`]).toEqual([raw, redactUrl(url)]);
      expect([raw, new URL(parts.origin).origin]).toEqual([raw, url.origin]);
      split += 1;
    }
    expect(split).toBeGreaterThan(2_000);
  });

  test('is judged as a policy judges that has seen no other', () => {
    const warm = new NetworkSecurityPolicy();
    const urls = corpus.flatMap((url) => [
      url,
      `${url}/`,
      `${url}?q`,
      `${url}#f`,
      `${url}/../x`,
      `${url}@evil.example.com/`,
      `${url}\t`,
    ]);
    for (const url of urls) warm.checkUrl(url);
    for (const url of urls) expect(warm.checkUrl(url)).toEqual(new NetworkSecurityPolicy().checkUrl(url));
  });

  test('is judged by its origin as it is judged as a whole', () => {
    const policy = new NetworkSecurityPolicy({
      allowlist: ['*.example.com', 'example.com:8443', '93.184.215.14'],
    });
    const tails = [
      '',
      '/',
      '/a/b.c',
      '/@127.0.0.1/',
      '//127.0.0.1/',
      '?u=http://10.0.0.1/',
      '#@10.0.0.1',
      '/%2f%2e',
    ];
    let split = 0;
    for (const url of corpus.flatMap((one) => tails.map((tail) => one + tail))) {
      if (splitUrl(url) === undefined) continue;
      // Too long to be split: this one goes all the way through the parser.
      const whole = `${url}#${'x'.repeat(2_100)}`;
      expect(splitUrl(whole)).toBeUndefined();
      for (const one of [policy, new NetworkSecurityPolicy()]) {
        const [short, long] = [one.checkUrl(url), one.checkUrl(whole)];
        expect([url, short.effect, short.rule]).toEqual([url, long.effect, long.rule]);
      }
      split += 1;
    }
    expect(split).toBeGreaterThan(1_000);
  });
});
