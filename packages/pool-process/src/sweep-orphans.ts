import type { WorkerRef } from '@clawforce/pool-core';
import { killTree } from './kill-tree.js';
import { readRecords, removeRecord } from './orphan-record.js';
import { bootId, readProcessTable } from './process-table.js';
import { isAlive, treeMembers } from './process-tree.js';

/** What a sweep found and did for one record. */
export interface SweptOrphan extends WorkerRef {
  /** `gone`: nothing was alive. `killed`: everything is dead now. `survived`: some process could not be killed. */
  readonly outcome: 'gone' | 'killed' | 'survived';
  /** How many processes were alive when the sweep came. */
  readonly processes: number;
}

/**
 * Kills what an earlier control plane of the same owner left behind and forgets the dead. Workers of another owner,
 * and workers whose control plane still lives, are left alone.
 */
export async function sweepOrphans(stateDir: string, ownerId: string): Promise<readonly SweptOrphan[]> {
  const boot = bootId();
  const swept: SweptOrphan[] = [];
  for (const record of await readRecords(stateDir)) {
    if (record.ownerId !== ownerId) continue;
    const { agentId, generation } = record;
    const table = await readProcessTable();
    const sameBoot = record.boot === boot;
    if (sameBoot && isAlive(table, record.keeper)) continue;
    const alive = sameBoot ? treeMembers(table, record.worker, record.escaped) : [];
    if (alive.length === 0) {
      removeRecord(stateDir, record);
      swept.push({ agentId, generation, outcome: 'gone', processes: 0 });
      continue;
    }
    const survivors = await killTree(record.worker, [...record.escaped, ...alive]);
    if (survivors.length === 0) removeRecord(stateDir, record);
    swept.push({
      agentId,
      generation,
      outcome: survivors.length === 0 ? 'killed' : 'survived',
      processes: alive.length,
    });
  }
  return swept;
}
