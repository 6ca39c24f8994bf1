import { readdir, readFile, stat } from 'node:fs/promises';
import { identifyNow } from './process-table.js';
import type { ProcessEntry, ProcessIdentity, ProcessTable } from './process-table.js';
import { isAlive } from './process-tree.js';
import { readRecords, spoolPath } from './worker-record.js';
import type { WorkerRecord } from './worker-record.js';

/** A record whose control plane is gone, with the process that it means. */
export interface Orphan {
  readonly record: WorkerRecord;
  /**
   * The worker's process, living or dead; `undefined` when what has that pid is not the worker, or nobody can tell: then
   * nothing is signalled.
   */
  readonly identity: ProcessIdentity | undefined;
}

/**
 * Gives the workers that control planes of this owner have left behind, oldest generation first. Those of another owner,
 * and those whose control plane still lives, are nobody's orphans.
 */
export async function findOrphans(
  stateDir: string,
  ownerId: string,
  boot: string,
  readTable: () => Promise<ProcessTable>,
): Promise<readonly Orphan[]> {
  const records = (await readRecords(stateDir)).filter((record) => record.ownerId === ownerId);
  if (records.length === 0) return [];
  const table = await readTable();
  const orphans: Orphan[] = [];
  for (const record of records) {
    const sameBoot = record.boot === boot;
    if (sameBoot && isAlive(table, record.keeper)) continue;
    orphans.push({ record, identity: sameBoot ? await identityOf(record, table, stateDir) : undefined });
  }
  return orphans;
}

async function identityOf(
  record: WorkerRecord,
  table: ProcessTable,
  stateDir: string,
): Promise<ProcessIdentity | undefined> {
  if (record.worker === null) return writerOf(record, table, stateDir);
  const entry = table.get(record.worker.pid);
  // Dead, or its pid went to a stranger: the identity matches nothing that lives, so whoever kills by it harms nobody.
  if (!entry || !isAlive(table, record.worker)) return record.worker;
  return (await isOfOurMaking(record, entry)) ? record.worker : undefined;
}

/** What this pool spawned leads a group and a session of its own, which it cannot leave, and runs as its user. */
async function isOfOurMaking(
  { uid }: WorkerRecord,
  { pid, pgid, sid }: Pick<ProcessEntry, 'pid' | 'pgid' | 'sid'>,
): Promise<boolean> {
  if (pid === process.pid || pgid !== pid || (sid !== -1 && sid !== pid)) return false;
  return process.platform !== 'linux' || (await userOf(pid)) === uid;
}

async function userOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const real = /^Uid:\s+(\d+)/m.exec(status)?.[1];
  return real === undefined ? undefined : Number(real);
}

/**
 * The control plane died between spawn and record: the worker is the session leader that holds the output file which was
 * made for it, and which nobody else was given. Linux only.
 */
async function writerOf(
  record: WorkerRecord,
  table: ProcessTable,
  stateDir: string,
): Promise<ProcessIdentity | undefined> {
  const spool = await stat(spoolPath(stateDir, record, 'stdout')).catch(() => undefined);
  if (!spool || process.platform !== 'linux') return undefined;
  const leaders = [...table.values()].filter(({ pid, sid, zombie }) => !zombie && sid === pid);
  // The first of them: another one is a child that kept the output of its parent.
  leaders.sort((left, right) => Number(left.startTime) - Number(right.startTime));
  for (const leader of leaders) {
    if (!(await isOfOurMaking(record, leader))) continue;
    for (const fd of await readdir(`/proc/${leader.pid}/fd`).catch(() => [])) {
      const held = await stat(`/proc/${leader.pid}/fd/${fd}`).catch(() => undefined);
      if (held?.ino === spool.ino && held.dev === spool.dev) return identifyNow(leader.pid);
    }
  }
  return undefined;
}
