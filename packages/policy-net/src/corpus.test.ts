import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { NetworkSecurityPolicy } from './policy.js';
import { parseUrl } from './url/parse-url.js';

interface Case {
  readonly url: string;
  readonly expect: 'allow' | 'deny';
  readonly category: string;
  readonly why: string;
  readonly dns?: Readonly<Record<string, readonly string[]>>;
  readonly allowlist?: readonly string[];
}

const cases = readFileSync(new URL('../test/vectors/net.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);

/** What a client does with stub DNS: judge the URL, then every answer; no answer is a refusal. */
function verdict({ url, dns, allowlist }: Case): string {
  const policy = new NetworkSecurityPolicy({ allowlist });
  const lexical = policy.checkUrl(url);
  if (lexical.effect === 'deny') return `deny ${lexical.rule}`;
  const parsed = parseUrl(url);
  if ('rule' in parsed) return 'inconsistent';
  const { host, port, literal } = parsed;
  const answers = literal === undefined ? (dns?.[host] ?? dns?.[parsed.url.hostname] ?? []) : [host];
  if (answers.length === 0) return 'deny net.dns.empty';
  const refused = answers
    .map((address) => policy.checkEndpoint({ host, address, port }))
    .find((decision) => decision.effect === 'deny');
  return refused === undefined ? 'allow' : `deny ${refused.rule}`;
}

describe('the corpus', () => {
  test('holds what it promises', () => {
    expect(cases.length).toBe(489);
    expect(cases.filter((one) => one.expect === 'deny').length).toBeGreaterThan(350);
  });

  test.each(cases.map((one) => [one.category, JSON.stringify(one.url), one] as const))(
    '%s: %s',
    (_category, _url, one) => {
      expect(verdict(one).split(' ')[0], one.why).toBe(one.expect);
    },
  );
});
