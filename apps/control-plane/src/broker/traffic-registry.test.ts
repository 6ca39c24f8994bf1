import { EgressDeniedError, SystemResolver } from '@clawforce/policy-net';
import { effectiveConfig, parseAgentConfig, type EffectiveAgentConfig } from '@clawforce/protocol/config';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TrafficRegistry } from './traffic-registry.js';

/** With an exception for a port of this host at which nobody listens. */
const admitting = (port: number): EffectiveAgentConfig => {
  const exceptions = [{ address: '127.0.0.1', port }];
  const parsed = parseAgentConfig({ tools: { web: { fetch: { exceptions } } } });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return effectiveConfig(parsed.config);
};
let config: () => Promise<EffectiveAgentConfig>;
let registry: TrafficRegistry;

beforeEach(() => {
  config = () => Promise.resolve(admitting(1));
  registry = new TrafficRegistry({
    resolver: new SystemResolver(),
    config: () => config(),
    ownEndpoints: () => [{ port: 8080 }],
    onEgress: () => undefined,
    onFailure: (error) => {
      throw error;
    },
  });
});
afterEach(() => registry.close());

/** Whether a port of this host is dialled, which nobody answers, or refused before. */
const outcome = async (port: number): Promise<string> => {
  const traffic = await registry.get('a1');
  const error: unknown = await traffic
    .fetchPage({ url: `http://127.0.0.1:${port}/` }, new AbortController().signal)
    .catch((failure: unknown) => failure);
  return error instanceof EgressDeniedError ? 'refused' : 'dialled';
};

it('keeps the traffic of an agent over a change, and whoever asks next waits for the new configuration', async () => {
  const before = await registry.get('a1');
  expect([await outcome(1), await outcome(2)]).toEqual(['dialled', 'refused']);
  let read = (): void => undefined;
  const told = new Promise<void>((resolve) => (read = resolve));
  config = async () => {
    await told;
    return admitting(2);
  };
  registry.changed('a1');
  let given = false;
  const next = registry.get('a1').finally(() => (given = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(given).toBe(false);
  read();
  expect(await next).toBe(before);
  expect([await outcome(1), await outcome(2)]).toEqual(['refused', 'dialled']);
});

it('ends everything where the changed configuration cannot be read, and reads it again for the next', async () => {
  const before = await registry.get('a1');
  const works = config;
  config = () => Promise.reject(new Error('the database is away'));
  registry.changed('a1');
  await expect(registry.get('a1')).rejects.toThrow('the database is away');
  await expect(
    before.fetchPage({ url: 'http://127.0.0.1:1/' }, new AbortController().signal),
  ).rejects.toThrow(TypeError);
  config = works;
  expect(await registry.get('a1')).not.toBe(before);
});

it('makes nothing for an agent that never asked', async () => {
  let reads = 0;
  config = () => {
    reads += 1;
    return Promise.resolve(admitting(1));
  };
  registry.changed('a1');
  await new Promise((resolve) => setImmediate(resolve));
  expect(reads).toBe(0);
});
