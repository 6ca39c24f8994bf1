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
const rows = 100_000;
const store = memoryAuditStore();
const log = openAuditLog({
  ...store,
  // By position, because the store for tests filters and sorts everything for each page.
  read: (from, limit) => {
    const start = Math.max(from, 1) - 1;
    return Promise.resolve(store.rows.slice(start, start + limit));
  },
});
const time = async (what: string, work: () => Promise<unknown>): Promise<void> => {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  const us = (user + system) / rows;
  console.log(`${what.padEnd(10)} ${us.toFixed(2)} us CPU a row, ${Math.round(1e6 / us)} rows/s a core`);
};
await time('append', async () => {
  for (let done = 0; done < rows; done += 100)
    await log.appendBatch(Array.from({ length: 100 }, () => event));
});
await time('verify', async () => {
  const found = await log.verify();
  if (found.outcome !== 'intact' || found.rows !== rows)
    throw new Error(`measured nothing: ${found.outcome}`);
});
