import { setTimeout as sleep } from 'node:timers/promises';
import { identifyNow, readProcessTable } from './process-table.js';
import type { ProcessEntry, ProcessIdentity, ProcessTable } from './process-table.js';
import { treeMembers } from './process-tree.js';

const FREEZE_MS = 1_000;
const LOOK_AGAIN_MS = 2;
const DEADLINE_MS = 5_000;

/** Sends a signal unless the process is gone or its pid now names another one. */
export function signalProcess(target: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (process.platform === 'linux' && identifyNow(target.pid)?.startTime !== target.startTime) return false;
  try {
    process.kill(target.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** What {@link killTree} asks of the operating system. */
export interface KillHost {
  readonly readTable: () => Promise<ProcessTable>;
  readonly signal: (target: ProcessIdentity, signal: NodeJS.Signals) => void;
}

const thisHost: KillHost = { readTable: readProcessTable, signal: signalProcess };

function signalAll(host: KillHost, targets: readonly ProcessEntry[], signal: NodeJS.Signals): void {
  for (const target of targets) {
    try {
      host.signal(target, signal);
    } catch {
      // EPERM: a set-user-ID program took another identity. It stays in the list of survivors.
    }
  }
}

/**
 * Kills a worker's whole tree and gives the processes that survived, normally none. All are frozen first: a child
 * that was forked between the look and the kill would lose its parent and with it every trace of where it belongs.
 * A signal takes effect some time after it was sent, so a fork that is under way still completes; the kill waits for
 * a look at the table that began when every process stood still, and found nothing new. A process that cannot stop,
 * because it waits for a device, delays the kill by a second at most; a tree that grows meanwhile by half of the deadline.
 */
export async function killTree(
  root: ProcessIdentity,
  known: Iterable<ProcessIdentity> = [],
  {
    deadlineMs = DEADLINE_MS,
    freezeMs = Math.min(FREEZE_MS, deadlineMs / 2),
    host = thisHost,
  }: { deadlineMs?: number; freezeMs?: number; host?: KillHost } = {},
): Promise<readonly ProcessIdentity[]> {
  const started = performance.now();
  const elapsed = (): number => performance.now() - started;
  let freshAt = 0;
  const seen = new Map<number, ProcessIdentity>();
  for (const identity of known) seen.set(identity.pid, identity);
  const asked = new Set<string>();
  let stoodStill = false;
  let killing = false;
  for (;;) {
    const members = treeMembers(await host.readTable(), root, seen.values());
    if (members.length === 0) return [];
    for (const member of members) seen.set(member.pid, member);
    const fresh = members.filter(({ pid, startTime }) => !asked.has(`${pid} ${startTime}`));
    if (fresh.length > 0) freshAt = elapsed();
    // A tree that still grows is worth more patience than one in which somebody does not stop.
    const tooLong = elapsed() - freshAt > freezeMs || elapsed() > deadlineMs / 2;
    killing ||= (fresh.length === 0 && stoodStill) || tooLong;
    if (!killing) {
      stoodStill = fresh.length === 0 && members.every(({ stopped }) => stopped);
      signalAll(host, fresh, 'SIGSTOP');
      for (const { pid, startTime } of fresh) asked.add(`${pid} ${startTime}`);
      if (fresh.length === 0 && !stoodStill) await sleep(LOOK_AGAIN_MS);
      continue;
    }
    signalAll(host, members, 'SIGKILL');
    if (elapsed() > deadlineMs) return members;
    await sleep(10);
  }
}
