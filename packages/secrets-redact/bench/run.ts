import { randomBytes } from 'node:crypto';
import slowRedact from '@pinojs/redact';
import { compareCosts } from '../../../tools/bench/compare.js';
import { createRedactor, type Json } from '../src/index.js';

const channels = Array.from({ length: 25 }, (_, at) => ({
  name: `channel-${at}`,
  url: `https://channel-${at}.example.com/hook`,
  token: randomBytes(24).toString('base64url'),
  retries: at,
}));
const stored: Json = {
  provider: { api_base: 'https://api.example.com/v1', api_key: randomBytes(24).toString('base64url') },
  limits: { memory: '512m', pids: 256 },
  channels,
};
const schema = {
  properties: {
    provider: { properties: { api_base: { type: 'string' }, api_key: { type: 'string', 'x-secret': true } } },
    channels: { type: 'array', items: { properties: { token: { type: 'string', 'x-secret': true } } } },
  },
};
const redactor = createRedactor(schema, { key: randomBytes(32) });
const peer = slowRedact({ paths: ['provider.api_key', 'channels[*].token'], serialize: false });
const shown = redactor.redact(stored, { configId: 'agent-1' });
const text = JSON.stringify(shown);
if (channels.some(({ token }) => text.includes(token))) throw new Error('a secret is shown');
if (JSON.stringify(redactor.restore(shown, { stored, configId: 'agent-1' })) !== JSON.stringify(stored)) {
  throw new Error('not restored');
}

await compareCosts(
  'redact a configuration with 26 secrets',
  {
    '@pinojs/redact (fixed text, cannot be restored)': () => peer(stored),
    structuredClone: () => structuredClone(stored),
    redact: () => redactor.redact(stored, { configId: 'agent-1' }),
  },
  { calls: 300 },
);
await compareCosts(
  'restore it from what a client sends back',
  {
    'structuredClone (no secrets)': () => structuredClone(shown),
    restore: () => redactor.restore(shown, { stored, configId: 'agent-1' }),
    restorePatch: () => redactor.restorePatch({ limits: { pids: 100 } }, { stored, configId: 'agent-1' }),
  },
  { calls: 300 },
);
