import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { METADATA_ADDRESSES, METADATA_NAMES } from './address/metadata-addresses.js';
import { NetworkSecurityPolicy } from './policy.js';
import type { NetworkPolicyOptions } from './policy-options.js';
import { NET_RULES } from './rules.js';

const check = (options: NetworkPolicyOptions, url: string): string =>
  new NetworkSecurityPolicy(options).checkUrl(url).rule;
const endpoint = (options: NetworkPolicyOptions, host: string, address: string, port: number): string =>
  new NetworkSecurityPolicy(options).checkEndpoint({ host, address, port }).rule;

describe('a decision', () => {
  test('is frozen, names its policy, and carries rule, hint and span', () => {
    const decision = new NetworkSecurityPolicy().checkUrl('http://exa mple.com/');
    expect(decision).toMatchObject({
      effect: 'deny',
      layer: 'url',
      rule: 'net.url.character',
      span: [10, 11],
      trace: [{ layer: 'url', rule: 'net.url.character', effect: 'deny' }],
    });
    expect(decision.hint).toBe(NET_RULES['net.url.character'].hint);
    expect(Object.isFrozen(decision) && Object.isFrozen(decision.trace)).toBe(true);
    expect(decision.policyDigest).toBe(new NetworkSecurityPolicy({}).digest);
    expect(new NetworkSecurityPolicy({ ports: [443] }).digest).not.toBe(decision.policyDigest);
  });

  test.each([
    ['https://user:hunter2@example.com/path?key=hunter2#hunter2'],
    ['https://example.com/?key=hunter2'],
    ['http:\\\\user:hunter2@example.com/'],
    ['user:hunter2@example.com'],
    ['https://a b:hunter2@example.com/?hunter2'],
  ])('does not repeat secrets of the URL %s', (url) => {
    const policy = new NetworkSecurityPolicy();
    expect(JSON.stringify(policy.checkUrl(url))).not.toContain('hunter2');
  });

  test('is given for anything, and nothing throws', () => {
    const policy = new NetworkSecurityPolicy({
      allowlist: ['*.example.com'],
      exceptions: [{ address: '10.0.0.1', port: 1 }],
    });
    const odd = [undefined, null, 1, {}, [], Symbol('x'), () => 1, 1n] as never[];
    for (const value of odd) {
      expect(policy.checkUrl(value).effect).toBe('deny');
      expect(policy.checkAddress(value).effect).toBe('deny');
      expect(policy.checkEndpoint(value).effect).toBe('deny');
      expect(policy.checkEndpoint({ host: value, address: value, port: value }).effect).toBe('deny');
    }
    const urlish = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl(),
      fc
        .tuple(
          fc.constantFrom('http://', 'https://', 'http:', '//', 'HTTP:\\\\'),
          fc.string({ unit: 'binary' }),
        )
        .map((p) => p.join('')),
      fc
        .array(
          fc.constantFrom(
            'http',
            ':',
            '/',
            '/',
            '@',
            '%',
            '[',
            ']',
            '.',
            '0',
            '1',
            '127',
            'x',
            '\\',
            '?',
            '#',
            '。',
            'é',
            '\u0000',
            '::1',
            'localhost',
          ),
        )
        .map((p) => p.join('')),
    );
    fc.assert(
      fc.property(urlish, (text) => {
        const { effect } = policy.checkUrl(text);
        policy.checkAddress(text);
        policy.checkEndpoint({ host: text, address: text, port: 80 });
        policy.checkEndpoint({ host: text, address: '8.8.8.8', port: 80 });
        return effect === 'allow' || effect === 'deny';
      }),
      { numRuns: 10_000 },
    );
  });

  test('to allow a URL means that the URL parser reads the judged host', () => {
    const policy = new NetworkSecurityPolicy();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.webUrl(), (noise, url) => {
        const text = url.replace('://', `://${noise}`);
        if (policy.checkUrl(text).effect === 'deny') return true;
        return policy.checkUrl(new URL(text)).effect === 'allow';
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('the allowlist', () => {
  test.each([
    [['example.com'], 'https://example.com/', 'net.allow'],
    [['EXAMPLE.com.'], 'https://example.COM./', 'net.allow'],
    [['*.example.com'], 'https://example.com/', 'net.allowlist.not-listed'],
    [['*.example.com'], 'https://a.b.example.com/', 'net.allow'],
    [['*.example.com'], 'https://evilexample.com/', 'net.allowlist.not-listed'],
    [['example.com:443'], 'https://example.com/', 'net.allow'],
    [['example.com:443'], 'http://example.com/', 'net.allowlist.not-listed'],
    [['example.com:22'], 'https://example.com:22/', 'net.port.denied'],
    [['münchen.de'], 'https://xn--mnchen-3ya.de/', 'net.allow'],
    [['xn--mnchen-3ya.de'], 'https://münchen.de/', 'net.allow'],
    [['*.münchen.de'], 'https://www.xn--mnchen-3ya.de/', 'net.allow'],
    [['93.184.215.14'], 'https://93.184.215.14/', 'net.allow'],
    [['2606:4700:4700::1111'], 'https://[2606:4700:4700::1111]/', 'net.allow'],
    [['[2606:4700:4700::1111]:443'], 'http://[2606:4700:4700::1111]/', 'net.allowlist.not-listed'],
    [['example.com'], 'https://93.184.215.14/', 'net.allowlist.not-listed'],
    [['10.0.0.1'], 'http://10.0.0.1/', 'net.address.private'],
    [['db.internal'], 'http://db.internal/', 'net.name.reserved'],
    [[], 'https://example.com/', 'net.allowlist.not-listed'],
  ] as const)('%j judges %s: %s', (allowlist, url, rule) => expect(check({ allowlist }, url)).toBe(rule));

  test.each([
    ['*'],
    ['*example.com'],
    ['a.*.com'],
    ['https://example.com'],
    ['example.com/x'],
    ['example.com:0'],
    ['example.com:x'],
    ['*.10.0.0.1'],
    ['exa mple.com'],
    ['1.2.3'],
    [''],
    [7],
  ])('the entry %j is refused with a TypeError that names it', (entry) =>
    expect(() => new NetworkSecurityPolicy({ allowlist: [entry as string] })).toThrow(/^allowlist\[0\]/),
  );
});

describe('exceptions', () => {
  const exceptions = [
    { address: '10.1.2.3', port: 8443 },
    { address: '127.0.0.1', port: 41_000 },
    { address: 'fd00::1', port: 80 },
  ];
  test.each([
    ['https://10.1.2.3:8443/', 'net.exception.allow'],
    ['http://127.0.0.1:41000/', 'net.exception.allow'],
    ['http://[fd00::1]/', 'net.exception.allow'],
    ['https://10.1.2.3/', 'net.address.private'],
    ['https://10.1.2.4:8443/', 'net.address.private'],
    ['http://127.0.0.1:41001/', 'net.address.loopback'],
    ['http://127.0.0.2:41000/', 'net.address.loopback'],
    ['http://127.1:41000/', 'net.host.non-canonical'],
    ['http://[::ffff:127.0.0.1]:41000/', 'net.host.non-canonical'],
    ['http://[::ffff:7f00:1]:41000/', 'net.address.ipv4-mapped'],
  ])('%s: %s', (url, rule) => expect(check({ exceptions }, url)).toBe(rule));

  test('let a name through to the lookup and then judge the address it gives', () => {
    expect(check({ exceptions }, 'https://internal.example.org:41000/')).toBe('net.allow');
    expect(check({ exceptions }, 'http://localhost:41000/')).toBe('net.allow');
    expect(endpoint({ exceptions }, 'localhost', '127.0.0.1', 41_000)).toBe('net.exception.allow');
    expect(endpoint({ exceptions }, 'db.internal', '10.1.2.3', 8443)).toBe('net.exception.allow');
    expect(endpoint({ exceptions }, 'db.internal', '93.184.215.14', 8443)).toBe('net.name.reserved');
    expect(endpoint({ exceptions }, 'name.example.org', '93.184.215.14', 41_000)).toBe('net.port.denied');
    expect(endpoint({ exceptions }, 'name.example.org', '127.0.0.1', 8443)).toBe('net.address.loopback');
  });

  test('do not put a name on the allowlist', () => {
    const options = { exceptions, allowlist: ['example.com'] };
    expect(check(options, 'http://localhost:41000/')).toBe('net.allowlist.not-listed');
    expect(check(options, 'http://127.0.0.1:41000/')).toBe('net.exception.allow');
  });

  // Written down here as their owners document them: the table itself cannot show what it lacks.
  test.each([
    ['AWS EC2', '169.254.169.254', 'fd00:ec2::254'],
    ['AWS ECS and EKS', '169.254.170.2', '169.254.170.23', 'fd00:ec2::23'],
    ['Google Cloud and GKE', '169.254.169.254', 'fd20:ce::254', '169.254.169.252'],
    ['Azure', '169.254.169.254', '168.63.129.16'],
    ['Oracle (OCI SDK)', '169.254.169.254', 'fd00:c1::a9fe:a9fe', '192.0.0.192'],
    ['Akamai (cloud-init)', '169.254.169.254', 'fd00:a9fe:a9fe::1', 'fe80::a9fe:a9fe'],
    ['Alibaba (cloud-init)', '100.100.100.200', 'fd00:100::100:200'],
    ['Scaleway (cloud-init)', '169.254.42.42', 'fd00:42::42'],
    ['OpenStack', '169.254.169.254', 'fe80::a9fe:a9fe'],
    ['Tencent', '169.254.0.23', '169.254.10.10'],
    ['Volcano Engine', '100.96.0.96'],
    ['UCloud', '100.80.80.80'],
    ['Rancher', '169.254.169.250'],
  ])('never admit the metadata service of %s', (_cloud, ...addresses) => {
    for (const address of addresses) {
      const exceptions = [{ address, port: 80 }];
      const host = address.includes(':') ? `[${address}]` : address;
      expect(check({ allowPrivateNetwork: true }, `http://${host}/`)).toBe('net.address.metadata');
      expect(check({ exceptions }, `http://${host}/`)).toBe('net.address.metadata');
      expect(endpoint({ exceptions }, 'name.example.org', address, 80)).toBe('net.address.metadata');
    }
  });

  test('never admit metadata addresses, in any spelling, nor metadata names', () => {
    for (const [address] of METADATA_ADDRESSES) {
      const options: NetworkPolicyOptions = {
        exceptions: [{ address, port: 80 }],
        allowPrivateNetwork: true,
        nat64: 'decode',
      };
      const host = address.includes(':') ? `[${address}]` : address;
      expect(check(options, `http://${host}/`)).toBe('net.address.metadata');
      expect(endpoint(options, 'name.example.org', address, 80)).toBe('net.address.metadata');
    }
    for (const name of METADATA_NAMES) {
      const options: NetworkPolicyOptions = {
        exceptions: [{ address: '10.0.0.1', port: 80 }],
        allowPrivateNetwork: true,
      };
      expect(check(options, `http://${name}/`)).toBe('net.name.metadata');
      expect(check(options, `http://${name}./latest`)).toBe('net.name.metadata');
      expect(endpoint(options, name, '10.0.0.1', 80)).toBe('net.name.metadata');
    }
    expect(check({}, 'https://metadata.example.com/')).toBe('net.allow');
  });

  test.each([
    [{ address: '10.0.0.0/8', port: 80 }],
    [{ address: '10.1', port: 80 }],
    [{ address: 'localhost', port: 80 }],
    [{ address: '10.0.0.1' }],
    [{ address: '10.0.0.1', port: 0 }],
    [null],
  ])('the entry %j is refused with a TypeError that names it', (entry) =>
    expect(() => new NetworkSecurityPolicy({ exceptions: [entry as never] })).toThrow(/^exceptions\[0\]/),
  );
});

describe('own interfaces', () => {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

  test('are refused by option, exceptions come first', () => {
    const options: NetworkPolicyOptions = { denyOwnInterfaces: { addresses: ['93.184.215.14'] } };
    expect(check({}, 'https://93.184.215.14/')).toBe('net.allow');
    expect(check(options, 'https://93.184.215.14/')).toBe('net.address.own-interface');
    expect(endpoint(options, 'us.example.com', '93.184.215.14', 443)).toBe('net.address.own-interface');
    const exceptions = [{ address: '93.184.215.14', port: 443 }];
    expect(check({ ...options, exceptions }, 'https://93.184.215.14/')).toBe('net.exception.allow');
    expect(new NetworkSecurityPolicy(options).checkAddress('93.184.215.14').rule).toBe(
      'net.address.own-interface',
    );
  });

  test('are read from the host, and loopback counts as one', () => {
    const options: NetworkPolicyOptions = { denyOwnInterfaces: true, allowPrivateNetwork: true };
    expect(check(options, 'http://127.0.0.1/')).toBe('net.address.own-interface');
    expect(check({ allowPrivateNetwork: true }, 'http://127.0.0.1/')).toBe('net.allow');
  });

  requires('own-address').test('are known: a denied port is denied on each, exception or not', () => {
    const exceptions = [{ address: own as string, port: 9000 }];
    expect(check({ exceptions }, `http://${own as string}:9000/`)).toBe('net.exception.allow');
    expect(check({ exceptions, denyOwnInterfaces: [{ port: 9000 }] }, `http://${own as string}:9000/`)).toBe(
      'net.endpoint.denied',
    );
  });

  test('listed endpoints are refused whatever else is admitted', () => {
    const options: NetworkPolicyOptions = {
      allowPrivateNetwork: true,
      exceptions: [
        { address: '127.0.0.1', port: 8080 },
        { address: '127.0.0.1', port: 41_000 },
        { address: '127.0.0.9', port: 8080 },
        { address: '10.0.0.5', port: 5432 },
        { address: '93.184.215.14', port: 443 },
      ],
      nat64: 'decode',
      denyOwnInterfaces: [
        { address: '127.0.0.1', port: 8080 },
        { host: 'DB.internal', address: '10.0.0.5', port: 5432 },
        { host: 'clawforce.example.com', port: 443 },
        { host: '93.184.215.14', port: 443 },
        { port: 9000 },
      ],
    };
    for (const url of [
      'http://127.0.0.1:8080/',
      'http://127.0.0.9:8080/',
      'http://10.0.0.5:5432/',
      'https://clawforce.example.com/',
      'https://CLAWFORCE.example.com./',
      'https://93.184.215.14/',
      'https://[64:ff9b::5db8:d70e]/',
      'http://127.0.0.1:9000/',
    ]) {
      expect(check(options, url), url).toBe('net.endpoint.denied');
    }
    expect(endpoint(options, 'alias.example.com', '127.0.0.1', 8080)).toBe('net.endpoint.denied');
    expect(endpoint(options, 'alias.example.com', '10.0.0.5', 5432)).toBe('net.endpoint.denied');
    expect(check(options, 'http://127.0.0.1:41000/')).toBe('net.exception.allow');
  });

  test.each([
    [{ endpoints: [{ address: 'x', port: 1 }] }],
    [{ endpoints: [{ host: '', port: 1 }] }],
    [[{ address: '10.0.0.1' }]],
    ['yes'],
    [{ addresses: ['x'] }],
  ])('the value %j is refused with a TypeError that names it', (value) =>
    expect(() => new NetworkSecurityPolicy({ denyOwnInterfaces: value as never })).toThrow(
      /^denyOwnInterfaces/,
    ),
  );
});

describe('other options', () => {
  test('ports and schemes replace the defaults', () => {
    expect(check({ ports: [9000] }, 'http://example.com:9000/')).toBe('net.allow');
    expect(check({ ports: [9000] }, 'http://example.com/')).toBe('net.port.denied');
    expect(check({ schemes: ['https:'] }, 'http://example.com/')).toBe('net.scheme.denied');
    expect(check({ schemes: ['wss'] }, 'wss://example.com/')).toBe('net.allow');
  });

  test('nat64: decode judges the address inside the well-known prefix only', () => {
    const options = { nat64: 'decode' } as const;
    expect(endpoint({}, 'a.example.com', '64:ff9b::5db8:d70e', 443)).toBe('net.address.nat64');
    expect(endpoint(options, 'a.example.com', '64:ff9b::5db8:d70e', 443)).toBe('net.allow');
    expect(endpoint(options, 'a.example.com', '64:ff9b::7f00:1', 443)).toBe('net.address.loopback');
    expect(endpoint(options, 'a.example.com', '64:ff9b::a9fe:a9fe', 443)).toBe('net.address.metadata');
    expect(endpoint(options, 'a.example.com', '64:ff9b:1::5db8:d70e', 443)).toBe('net.address.nat64');
  });

  test('allowPrivateNetwork admits private networks and internal names, and nothing more', () => {
    const options = { allowPrivateNetwork: true };
    for (const url of [
      'http://10.0.0.1/',
      'http://localhost:8080/',
      'http://db.internal/',
      'http://redis/',
      'http://[fd00::1]/',
    ]) {
      expect(check(options, url), url).toBe('net.allow');
    }
    for (const url of [
      'http://169.254.1.1/',
      'http://[fe80::1]/',
      'http://224.0.0.1/',
      'http://0.0.0.0/',
      'http://[::ffff:a00:1]/',
      'http://240.0.0.1/',
    ]) {
      expect(check(options, url), url).toMatch(/^net\.address\./);
    }
  });

  test.each([
    [{ allowList: [] }, /unknown option "allowList"/],
    [{ ports: 80 }, /^ports/],
    [{ ports: [70_000] }, /^ports\[0\]/],
    [{ schemes: ['file'] }, /^schemes/],
    [{ nat64: 'yes' }, /^nat64/],
    [{ allowPrivateNetwork: 'yes' }, /^allowPrivateNetwork/],
    [null, /^options/],
  ])('%j is refused with a TypeError that names the option', (options, message) => {
    expect(() => new NetworkSecurityPolicy(options as never)).toThrow(TypeError);
    expect(() => new NetworkSecurityPolicy(options as never)).toThrow(message);
  });

  test('an endpoint whose literal host is another address is refused', () => {
    expect(endpoint({}, '8.8.8.8', '1.1.1.1', 443)).toBe('net.endpoint.mismatch');
    expect(endpoint({}, '[2606:4700:4700::1111]', '2606:4700:4700:0::1111', 443)).toBe('net.allow');
    expect(endpoint({}, '2130706433', '8.8.8.8', 443)).toBe('net.host.non-canonical');
    expect(endpoint({}, 'a.example.com', '8.8.8.8', 0)).toBe('net.port.denied');
  });
});
