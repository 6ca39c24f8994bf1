import { createHash } from 'node:crypto';
import { compareCosts } from '../../../tools/bench/compare.js';
import { memoryAuditStore, openAuditLog, type AuditEvent } from '../src/index.js';

const event: AuditEvent = {
  kind: 'policy_decision',
  agent_id: 'a',
  actor: 'model',
  tool: 'exec',
  effect: 'deny',
  rule: 'shell.deny.recursive-delete',
  reason: 'x'.repeat(120),
  input: 'rm -rf .',
  timestamp: new Date().toISOString(),
};
const BATCH = 100;
const batch = Array.from({ length: BATCH }, () => event);
const hashed = (): string => createHash('sha256').update(JSON.stringify(event)).digest('hex');
const hashAll = (): void => batch.forEach(hashed);

const written = openAuditLog(memoryAuditStore());
await compareCosts(
  `append ${BATCH} rows`,
  { 'JSON.stringify + sha256 of each': hashAll, appendBatch: () => written.appendBatch(batch) },
  { calls: 50 },
);

const store = memoryAuditStore();
const log = openAuditLog({
  ...store,
  // By position, because the store for tests filters and sorts everything for each page.
  read: (from, limit) => {
    const start = Math.max(from, 1) - 1;
    return Promise.resolve(store.rows.slice(start, start + limit));
  },
});
const batches = 100;
for (let done = 0; done < batches; done += 1) await log.appendBatch(batch);
const found = await log.verify();
if (found.outcome !== 'intact' || found.rows !== batches * BATCH) {
  throw new Error(`measured nothing: ${found.outcome}`);
}
await compareCosts(
  `verify ${batches * BATCH} rows`,
  {
    'JSON.stringify + sha256 of each': () => {
      for (let done = 0; done < batches; done += 1) hashAll();
    },
    verify: () => log.verify(),
  },
  { calls: 1 },
);
