import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { compareCosts } from '../../../tools/bench/compare.js';
import { attest, specHash, type WorkerSpec } from '../src/index.js';

const spec: WorkerSpec = {
  agentId: 'agent-1',
  generation: 3,
  level: 'sandboxed',
  agentRoot: '/srv/agents/agent-1',
  socketDir: '/run/agents/agent-1',
  env: Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`NAME_${at}`, `value ${at}`])),
  limits: { memoryBytes: 512 * 1024 * 1024, pids: 256 },
};
const again: WorkerSpec = { ...structuredClone(spec), generation: 4 };
if (specHash(spec) !== specHash(again)) throw new Error('a new generation has changed the hash');

await compareCosts(
  'hash of a specification',
  {
    'JSON.stringify + sha256 (order of keys matters)': () =>
      createHash('sha256').update(JSON.stringify(spec)).digest('hex'),
    specHash: () => specHash(spec),
  },
  { calls: 3_000 },
);

const fields = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`field${at}`, at]));
const requested = { engine: fields, inside: fields };
const found = { ...fields, more: true };
const probe = { outcome: 'probed', effective: found } as const;
if (attest(requested, { effective: found }, probe).attested !== 'matched') throw new Error('not matched');

await compareCosts(
  'attestation of 30 fields by two sources',
  {
    'isDeepStrictEqual (says only yes or no)': () =>
      isDeepStrictEqual(requested.engine, found) || isDeepStrictEqual(requested.inside, found),
    attest: () => attest(requested, { effective: found }, probe),
  },
  { calls: 3_000 },
);
