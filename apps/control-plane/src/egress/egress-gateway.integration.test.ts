import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemResolver } from '@clawforce/policy-net';
import { effectiveConfig, type EffectiveAgentConfig } from '@clawforce/protocol/config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EgressGateway } from './egress-gateway.js';
import type { OwnEndpoint } from './web-policy.js';

let directory: string;
let own: OwnEndpoint[];
let config: () => Promise<EffectiveAgentConfig>;
let failures: unknown[];
let admitted: boolean;
let gateway: EgressGateway;
let asked: string[];
let end: () => Promise<void>;

const allowing = (...allowlist: string[]): EffectiveAgentConfig =>
  effectiveConfig({ tools: { web: { fetch: { allowlist } } } });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'egress-'));
  own = [{ port: 8080 }];
  failures = [];
  admitted = true;
  config = () => Promise.resolve(allowing('listed.example.org'));
  asked = [];
  const resolver = new SystemResolver();
  // Whose turn a name takes; where it leads is refused, so that nothing goes out.
  resolver.for = (owner) => (host) => {
    asked.push(`${typeof owner === 'string' ? owner : 'somebody'} ${host}`);
    return Promise.resolve(['10.0.0.1']);
  };
  gateway = new EgressGateway({
    resolver,
    config: () => config(),
    ownEndpoints: () => own,
    admitted: (agentId) => agentId === 'a1' && admitted,
    onEgress: () => undefined,
    onFailure: (error) => failures.push(error),
  });
});
afterEach(async () => {
  await end();
  await rm(directory, { recursive: true });
});

const listen = async (): Promise<void> => {
  end = await gateway.listen('a1', join(directory, 'egress.sock'));
};
/** The rule for a host that is off the list, which no lookup follows. */
const ruleFor = (host: string, headers: Record<string, string> = {}): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    request(
      { socketPath: join(directory, 'egress.sock'), path: `http://${host}/`, agent: false, headers },
      (response) => {
        response.resume();
        resolve(response.headers['x-clawforce-rule'] as string | undefined);
      },
    )
      .once('error', reject)
      .end();
  });
async function until(check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await check())) if (Date.now() > deadline) throw new Error('never');
}

describe('the egress gateway', () => {
  it('lets nothing out before the control plane knows its own endpoints, and then by its policy', async () => {
    own = [];
    await listen();
    expect(await ruleFor('off.example.org')).toBe('net.proxy.no-policy');
    own = [{ port: 8080 }];
    gateway.ownChanged();
    await until(async () => (await ruleFor('off.example.org')) === 'net.allowlist.not-listed');
    expect(failures).toEqual([]);
  });

  it('lets nothing out for a worker that was not looked at, whatever its allowlist says, and then by its policy', async () => {
    admitted = false;
    await listen();
    for (const host of ['listed.example.org', 'off.example.org'])
      expect([host, await ruleFor(host)]).toEqual([host, 'net.proxy.no-policy']);
    admitted = true;
    expect(await ruleFor('off.example.org')).toBe('net.allowlist.not-listed');
    // Ended, or replaced by one that still is to be looked at.
    admitted = false;
    expect(await ruleFor('listed.example.org')).toBe('net.proxy.no-policy');
  });

  it('asks for names in the turns of its agent, by the resolver of the server', async () => {
    await listen();
    await ruleFor('off.example.org');
    expect(asked).toEqual([]);
    expect(await ruleFor('listed.example.org')).toMatch(/^net\.address\./);
    expect(asked).toEqual(['a1 listed.example.org']);
  });

  it('lets nothing out when the configuration cannot be read', async () => {
    await listen();
    expect(await ruleFor('off.example.org')).toBe('net.allowlist.not-listed');
    config = () => Promise.reject(new Error('the vault is closed'));
    gateway.changed('a1');
    await until(async () => (await ruleFor('off.example.org')) === 'net.proxy.no-policy');
    expect(failures).toHaveLength(1);
  });

  it('misses no change that comes while the socket is being opened', async () => {
    let finishWide = (_: EffectiveAgentConfig): void => undefined;
    config = () => new Promise((resolve) => (finishWide = resolve));
    const opening = listen();
    config = () => Promise.resolve(allowing('listed.example.org'));
    gateway.changed('a1');
    finishWide(allowing('off.example.org'));
    await opening;
    await until(async () => (await ruleFor('off.example.org')) === 'net.allowlist.not-listed');
  });

  it('takes plain HTTP out of a tunnel, so that no request reaches another site behind the same address', async () => {
    const hits: string[] = [];
    const service = createServer((incoming, response) => {
      hits.push(incoming.headers.host ?? '');
      response.end('the service');
    });
    // A web port on an address that nobody else uses.
    service.listen(8080, '127.77.0.5');
    await once(service, 'listening');
    own = [{ port: 1 }];
    config = () =>
      Promise.resolve(
        effectiveConfig({
          tools: { web: { fetch: { exceptions: [{ address: '127.77.0.5', port: 8080 }] } } },
        }),
      );
    await listen();
    const tunnel = connect({ path: join(directory, 'egress.sock') });
    tunnel.write('CONNECT 127.77.0.5:8080 HTTP/1.1\r\nHost: 127.77.0.5:8080\r\n\r\n');
    const [head] = (await once(tunnel, 'data')) as [Buffer];
    expect(head.toString()).toMatch(/^HTTP\/1\.1 200 /);
    // Any site, in any of its requests: all go to the host of the tunnel, under its name.
    for (const host of ['127.77.0.5:8080', 'other.example.org']) {
      tunnel.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      const [answer] = (await once(tunnel, 'data')) as [Buffer];
      expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /);
    }
    tunnel.destroy();
    // The same place as a request for an absolute URL, whose Host the proxy writes.
    expect(await ruleFor('127.77.0.5:8080', { host: 'other.example.org' })).toBeUndefined();
    expect(hits).toEqual(Array(3).fill('127.77.0.5:8080'));
    await new Promise((resolve) => service.close(resolve));
  });

  it('is not set back by a slow reading of an older configuration', async () => {
    await listen();
    let finishOld = (_: EffectiveAgentConfig): void => undefined;
    config = () => new Promise((resolve) => (finishOld = resolve));
    gateway.changed('a1');
    config = () => Promise.resolve(allowing('other.example.org'));
    gateway.changed('a1');
    await until(async () => (await ruleFor('listed.example.org')) === 'net.allowlist.not-listed');
    finishOld(allowing('listed.example.org', 'off.example.org'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await ruleFor('off.example.org')).toBe('net.allowlist.not-listed');
  });
});
