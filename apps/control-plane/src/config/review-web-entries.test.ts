import { effectiveConfig, parseAgentConfig, type EffectiveAgentConfig } from '@clawforce/protocol/config';
import { describe, expect, it } from 'vitest';
import { webPolicy } from '../egress/web-policy.js';
import { webEntryIssues } from './review-web-entries.js';

interface Given {
  allowlist?: string[];
  exceptions?: { address: string; port: number }[];
  ssrf?: boolean;
}
function config({ allowlist = [], exceptions = [], ssrf = true }: Given): EffectiveAgentConfig {
  const parsed = parseAgentConfig({
    tools: { ssrf_protection: ssrf, web: { fetch: { allowlist, exceptions } } },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return effectiveConfig(parsed.config);
}
const issues = (after: Given, before: Given = {}): ReturnType<typeof webEntryIssues> =>
  webEntryIssues([config(before)], config(after));

describe('an entry of the allowlist', () => {
  it.each([
    ...[
      'https://example.com/',
      'example.com/path',
      'http://user:secret@example.com',
      '*',
      '*.*.com',
      'a*.com',
    ],
    ...['10.0.0.0/8', 'exa mple.com', '*.10.0.0.1', 'example.com:0', 'example.com:65536', '[::1', 'ex_%.com'],
  ])('that is no host is refused at its place, with what would do, and is not repeated: %s', (entry) => {
    const found = issues({ allowlist: ['example.com', entry] });
    expect(found).toEqual([
      { pointer: '/tools/web/fetch/allowlist/1', message: expect.stringContaining('*.example.com') },
    ]);
    expect(JSON.stringify(found)).not.toContain('secret');
    // The oracle: no policy can be made from it, so that it would stop everything.
    expect(() => webPolicy(config({ allowlist: [entry] }), [])).toThrow(TypeError);
  });

  it.each<[string, Given]>([
    ['a port that is no port of the web', { allowlist: ['example.com:22'] }],
    ['a private address', { allowlist: ['10.0.0.5'] }],
    [
      'a private address on a port of another exception',
      {
        allowlist: ['10.0.0.5'],
        exceptions: [{ address: '10.0.0.6', port: 5000 }],
      },
    ],
    ['an internal name', { allowlist: ['db.internal'] }],
    ['internal names', { allowlist: ['*.internal'] }],
    ['a name of one label', { allowlist: ['intranet'] }],
    [
      'a metadata service, whatever else is admitted',
      {
        allowlist: ['metadata.google.internal'],
        exceptions: [{ address: '10.0.0.6', port: 5000 }],
        ssrf: false,
      },
    ],
    ['a metadata address', { allowlist: ['169.254.169.254'], ssrf: false }],
  ])('that can never be admitted is refused: %s', (_title, given) => {
    expect(issues(given)).toEqual([
      {
        pointer: '/tools/web/fetch/allowlist/0',
        message: expect.stringMatching(/^can never be admitted: .* exception/),
      },
    ]);
  });

  it.each<[string, Given]>([
    [
      'names, addresses and ports',
      {
        allowlist: [
          ...['example.com', '*.example.com', 'example.com:8443', '*.example.com:80', 'bücher.example.com'],
          ...['1.1.1.1', '1.1.1.1:443', '2606:4700::1111', '[2606:4700::1111]:443', 'EXAMPLE.org'],
        ],
      },
    ],
    [
      'a name for the port of an exception',
      {
        allowlist: ['git.example.com:22', 'db.internal', 'localhost:5000'],
        exceptions: [
          { address: '10.0.0.5', port: 22 },
          { address: '127.0.0.1', port: 5000 },
        ],
      },
    ],
    [
      'the address of an exception',
      {
        allowlist: ['10.0.0.5', 'fd00::5', '[fd00::5]:5000'],
        exceptions: [
          { address: '10.0.0.5', port: 5000 },
          { address: 'fd00::5', port: 5000 },
        ],
      },
    ],
    [
      'private places where they are admitted',
      {
        allowlist: ['10.0.0.5', 'db.internal', 'intranet:8080'],
        ssrf: false,
      },
    ],
  ])('that may lead somewhere is taken: %s', (_title, given) => {
    expect(issues(given)).toEqual([]);
    expect(() => webPolicy(config(given), [])).not.toThrow();
  });

  it('that was there before is let be, so that something else can be changed', () => {
    expect(issues({ allowlist: ['*', 'example.com'] }, { allowlist: ['*'] })).toEqual([]);
    expect(issues({ allowlist: ['*', '10.0.0.0/8'] }, { allowlist: ['*'] })).toMatchObject([
      { pointer: '/tools/web/fetch/allowlist/1' },
    ]);
  });
});

describe('an exception', () => {
  it.each(['10.0.0.0/8', 'db.internal', '010.0.0.1', 'http://10.0.0.5', '10.1', '[fd00::1]'])(
    'that is no address is refused: %s',
    (address) => {
      const found = issues({
        exceptions: [
          { address: '10.0.0.5', port: 22 },
          { address, port: 443 },
        ],
      });
      expect(found).toEqual([
        { pointer: '/tools/web/fetch/exceptions/1/address', message: expect.stringContaining('must be one') },
      ]);
      expect(() => webPolicy(config({ exceptions: [{ address, port: 443 }] }), [])).toThrow(TypeError);
    },
  );

  it.each(['169.254.169.254', 'fd00:ec2::254', '0.0.0.0', '224.0.0.1', '::ffff:10.0.0.5', '64:ff9b::a00:5'])(
    'that nothing admits is refused: %s',
    (address) => {
      expect(issues({ exceptions: [{ address, port: 80 }], ssrf: false })).toEqual([
        {
          pointer: '/tools/web/fetch/exceptions/0/address',
          message: expect.stringMatching(/^can never be admitted: /),
        },
      ]);
    },
  );

  it.each(['10.0.0.5', '127.0.0.1', '::1', 'fd00::5', '100.64.0.1', '93.184.215.14'])(
    'for an ordinary service is taken: %s',
    (address) => {
      expect(issues({ exceptions: [{ address, port: 5432 }] })).toEqual([]);
    },
  );
});
