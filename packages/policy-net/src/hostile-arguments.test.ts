import { expect, test } from 'vitest';
import { NetworkSecurityPolicy } from './policy.js';

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
