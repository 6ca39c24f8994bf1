import { createHash } from 'node:crypto';
import stableStringify from 'safe-stable-stringify';
import { compareCosts } from '../../../tools/bench/compare.js';
import { canonicalJson, createDecision, policyDigest } from '../src/index.js';

const policy = {
  mode: 'strict',
  allow: Array.from({ length: 40 }, (_, at) => `tool-${at}`),
  deny: [{ program: 'curl', options: ['--upload-file'] }],
  limits: { seconds: 60, bytes: 1_000_000 },
  zones: { workspace: 'rw', profiles: 'ro' },
};
if (canonicalJson(policy) !== stableStringify(policy)) throw new Error('the two texts differ');

await compareCosts(
  'canonical JSON of a policy with 40 rules',
  {
    'safe-stable-stringify': () => stableStringify(policy),
    'JSON.stringify (not canonical)': () => JSON.stringify(policy),
    canonicalJson: () => canonicalJson(policy),
  },
  { calls: 2_000 },
);
await compareCosts(
  'digest of that policy',
  {
    'safe-stable-stringify + sha256': () =>
      createHash('sha256').update(stableStringify(policy)).digest('hex'),
    policyDigest: () => policyDigest(policy),
  },
  { calls: 2_000 },
);
const fields = {
  effect: 'deny',
  layer: 'bench',
  rule: 'bench.rule',
  reason: 'A sentence for a person.',
  input: 'rm -rf .',
  policyDigest: 'abcdef0123456789',
} as const;
await compareCosts(
  'one decision',
  {
    'frozen copy of its fields': () => Object.freeze({ ...fields, trace: [] }),
    createDecision: () => createDecision(fields),
  },
  { calls: 50_000 },
);
