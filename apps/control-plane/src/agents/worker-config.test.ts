import { randomUUID } from 'node:crypto';
import { effectiveConfig } from '@clawforce/protocol/config';
import { expect, it } from 'vitest';
import { workerConfig } from './worker-config.js';

const agent = { id: 'a', name: 'a', generation: 1, attested: 'none', workerSpec: null } as const;
const host = { unconfinedExec: false };

it('a worker gets the variables of its commands, and no key, header or script of a provider', () => {
  const [anthropicKey, localKey, header, script, variable] = Array.from({ length: 5 }, () => randomUUID());
  const told = JSON.stringify(
    workerConfig(
      agent,
      effectiveConfig({
        agents: { defaults: { model: 'main/some-model' } },
        providers: {
          main: { kind: 'anthropic', api_key: anthropicKey!, extra_headers: { 'x-tenant': header! } },
          local: { kind: 'openai_compatible', api_base: 'https://models.example/v1', api_key: localKey! },
          played: { kind: 'scripted', script: `turns: [{ steps: [{ say: ${script} }] }]` },
        },
        secrets: { env: { TOKEN: variable! } },
      }),
      host,
    ),
  );
  // What is granted to commands is told, so a secret would show.
  expect(told).toContain(variable);
  expect(told).toContain('main/some-model');
  for (const kept of [anthropicKey, localKey, header, script, 'x-tenant', 'extra_headers', 'api_key'])
    expect(told).not.toContain(kept);
});

it('the digest tells the names of variables apart, and nothing of their values', () => {
  const digestOf = (env: Record<string, string>): string =>
    workerConfig(agent, effectiveConfig({ secrets: { env } }), host).digest;
  expect(digestOf({ TOKEN: 'one' })).toBe(digestOf({ TOKEN: 'two' }));
  expect(digestOf({ TOKEN: 'one' })).not.toBe(digestOf({ OTHER: 'one' }));
});
