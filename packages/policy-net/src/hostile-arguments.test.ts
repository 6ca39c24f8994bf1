import { afterEach, describe, expect, test } from 'vitest';
import { createGuardedFetch } from './client/guarded-fetch.js';
import { NetworkSecurityPolicy } from './policy.js';
import { createEgressProxy } from './proxy/egress-proxy.js';
import { identifyByCredentials } from './proxy/agent-credentials.js';

const boom = (): never => {
  throw new Error('boom');
};

test.each([
  ['an object that inherits from URL', Object.create(URL.prototype)],
  ['a Proxy of a URL', new Proxy(new URL('http://example.com'), {})],
  ['a Proxy whose traps throw', new Proxy({}, { getPrototypeOf: boom, get: boom })],
])('checkUrl refuses %s and does not throw', (_what, url) => {
  expect(new NetworkSecurityPolicy().checkUrl(url as never)).toMatchObject({
    effect: 'deny',
    rule: 'net.url.malformed',
    input: 'object',
  });
});

test('checkEndpoint refuses an object that cannot be read and does not throw', () => {
  const policy = new NetworkSecurityPolicy();
  expect(policy.checkEndpoint(new Proxy({}, { get: boom }) as never).effect).toBe('deny');
});

test('a policy cannot be given another digest or method', () => {
  const policy = new NetworkSecurityPolicy();
  for (const name of ['digest', 'checkUrl']) {
    expect(() => Object.assign(policy, { [name]: 'forged' })).toThrow(TypeError);
  }
});

test('denyOwnInterfaces knows an IPv4 address in its mapped spelling', () => {
  const rule = (denyOwnInterfaces: object, url: string): string =>
    new NetworkSecurityPolicy({ allowPrivateNetwork: true, denyOwnInterfaces }).checkUrl(url).rule;
  const mapped = '::ffff:10.255.0.8';
  expect(rule([{ address: mapped, port: 80 }], 'http://10.255.0.8/')).toBe('net.endpoint.denied');
  expect(rule([{ host: `[${mapped}]`, port: 80 }], 'http://10.255.0.8/')).toBe('net.endpoint.denied');
  expect(rule([{ address: '::ffff:127.0.0.1', port: 80 }], 'http://127.0.0.2/')).toBe('net.endpoint.denied');
  expect(rule({ addresses: [mapped] }, 'http://10.255.0.8/')).toBe('net.address.own-interface');
});

describe('options that would be taken for others in silence', () => {
  const policy = new NetworkSecurityPolicy();
  const ofPolicy = (options: unknown) => () => new NetworkSecurityPolicy(options as never);
  const ofFetch = (options: unknown) => () => createGuardedFetch(policy, options as never);
  const proxy = { identify: () => 'a1', policyFor: () => policy };
  const ofProxy = (options: object) => () => createEgressProxy({ ...proxy, ...options });

  test.each([
    ['a list for the options', ofPolicy([]), 'options must be an object'],
    ['a map for the options', ofPolicy(new Map([['allowlist', []]])), 'options must be an object'],
    [
      'an exception with a range',
      ofPolicy({ exceptions: [{ address: '10.0.0.1', port: 80, ports: [80, 81] }] }),
      'exceptions[0].ports is unknown',
    ],
    [
      'a list for an exception',
      ofPolicy({ exceptions: [['10.0.0.1', 80]] }),
      'exceptions[0] must be an object',
    ],
    [
      'an endpoint with another member',
      ofPolicy({ denyOwnInterfaces: [{ adress: '10.0.0.1', port: 80 }] }),
      'denyOwnInterfaces.endpoints[0].adress is unknown',
    ],
    [
      'a misspelled member of denyOwnInterfaces',
      ofPolicy({ denyOwnInterfaces: { endpoint: [] } }),
      'denyOwnInterfaces.endpoint is unknown',
    ],
    ['a list for the options of the client', ofFetch([]), 'options must be an object'],
    ['a list for its limits', ofFetch({ limits: [] }), 'limits must be an object'],
    ['an unknown limit', ofFetch({ limits: { maxByte: 1 } }), 'limits.maxByte is unknown'],
    ['a list for TLS', ofFetch({ tls: [] }), 'tls must be an object'],
    [
      'other credentials',
      ofFetch({
        upstream: { url: 'http://p.example.net', credentials: { username: 'a', password: 'b', realm: 'c' } },
      }),
      'upstream.credentials.realm is unknown',
    ],
    ['a list for the limits of the proxy', ofProxy({ limits: [] }), 'limits must be an object'],
    ['an unknown option of the proxy', ofProxy({ policy }), 'unknown option "policy"'],
    ['a proxy without policies', ofProxy({ policyFor: undefined }), 'policyFor must be a function'],
    ['a list of digests', () => identifyByCredentials([] as never), 'digests must be an object'],
  ])('%s is refused', (_what, make, message) => {
    expect(make).toThrow(new TypeError(message));
  });

  test('a place to listen with another member is refused', async () => {
    const listening = createEgressProxy(proxy).listen({ port: 0, hots: '0.0.0.0' } as never);
    await expect(listening).rejects.toThrow(new TypeError('target.hots is unknown'));
  });

  test.each([
    ['example.com\n'],
    [' example.com'],
    ['example.com:443 '],
    ['*.xn--a'],
    ['xn--a.com'],
    ['a.xn--'],
  ])('the allowlist entry %j is refused', (entry) =>
    expect(ofPolicy({ allowlist: [entry] })).toThrow(/^allowlist\[0\]: /),
  );

  test('names whose Punycode is none are refused everywhere', () => {
    expect(policy.checkEndpoint({ host: 'xn--a.com', address: '8.8.8.8', port: 443 }).rule).toBe(
      'net.host.syntax',
    );
    expect(policy.checkEndpoint({ host: 'xn--bcher-kva.com', address: '8.8.8.8', port: 443 }).effect).toBe(
      'allow',
    );
  });
});

describe('members of Object.prototype', () => {
  const loose: Readonly<Record<string, unknown>> = {
    allowPrivateNetwork: true,
    exceptions: [{ address: '127.0.0.1', port: 80 }],
    ports: [22],
    maxBytes: 1,
    limits: { maxBytes: 1 },
    contentTypes: ['image/png'],
    upstream: { url: 'http://127.0.0.1:1' },
  };
  afterEach(() => {
    for (const name of Object.keys(loose)) Reflect.deleteProperty(Object.prototype, name);
  });

  test('are no options', () => {
    for (const [name, value] of Object.entries(loose)) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
    }
    const policy = new NetworkSecurityPolicy({});
    expect(policy.checkUrl('http://127.0.0.1/').rule).toBe('net.address.loopback');
    expect(policy.checkUrl('http://example.com:22/').rule).toBe('net.port.denied');
    // With that parent proxy and a dial of its own there would be a TypeError.
    expect(() => createGuardedFetch(policy, { dial: boom, limits: {} })).not.toThrow();
  });
});
