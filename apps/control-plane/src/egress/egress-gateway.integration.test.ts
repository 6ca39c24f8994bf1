import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { effectiveConfig, type EffectiveAgentConfig } from '@clawforce/protocol/config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EgressGateway } from './egress-gateway.js';
import type { OwnEndpoint } from './web-policy.js';

let directory: string;
let own: OwnEndpoint[];
let config: () => Promise<EffectiveAgentConfig>;
let failures: unknown[];
let gateway: EgressGateway;
let end: () => Promise<void>;

const allowing = (...allowlist: string[]): EffectiveAgentConfig =>
  effectiveConfig({ tools: { web: { fetch: { allowlist } } } });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'egress-'));
  own = [{ port: 8080 }];
  failures = [];
  config = () => Promise.resolve(allowing('listed.example.org'));
  gateway = new EgressGateway({
    config: () => config(),
    ownEndpoints: () => own,
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
const ruleFor = (host: string): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    request(
      { socketPath: join(directory, 'egress.sock'), path: `http://${host}/`, agent: false },
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
