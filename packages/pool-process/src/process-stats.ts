import { readFile } from 'node:fs/promises';
import type { WorkerStats } from '@clawforce/pool-core';
import type { ProcessEntry } from './process-table.js';

// USER_HZ is 100 on every Linux port that Node supports (proc(5), sysconf _SC_CLK_TCK).
const US_PER_TICK = 10_000;

async function measure(pid: number): Promise<{ memoryBytes: number; cpuUs: number } | undefined> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'latin1'),
      readFile(`/proc/${pid}/status`, 'latin1'),
    ]);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
    const kibibytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    return { memoryBytes: kibibytes * 1024, cpuUs: ticks * US_PER_TICK };
  } catch {
    return undefined;
  }
}

/**
 * Gives the resource use of a worker's processes together; Linux only. CPU includes ended children that a member
 * has waited for. Resident memory counts shared pages once per process, so the sum is an upper bound.
 */
export async function measureTree(members: readonly ProcessEntry[]): Promise<WorkerStats | undefined> {
  const parts = (await Promise.all(members.map(({ pid }) => measure(pid)))).filter(
    (part) => part !== undefined,
  );
  if (parts.length === 0) return undefined;
  return {
    memoryBytes: parts.reduce((sum, part) => sum + part.memoryBytes, 0),
    cpuUs: parts.reduce((sum, part) => sum + part.cpuUs, 0),
    pids: parts.length,
  };
}
