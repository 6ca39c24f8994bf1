import type { ProcessEntry, ProcessIdentity, ProcessTable } from './process-table.js';

/** Tells whether the process with this identity is alive; a zombie is not. */
export function isAlive(table: ProcessTable, identity: ProcessIdentity): boolean {
  const entry = table.get(identity.pid);
  return entry !== undefined && !entry.zombie && entry.startTime === identity.startTime;
}

/**
 * Gives the living processes of a worker: itself, its process group and session, everything seen to belong to it
 * before (`known`), and all their descendants. A process that was re-parented before anyone saw it, by a double
 * fork into a session of its own, cannot be found this way; only a container holds such a one.
 */
export function treeMembers(
  table: ProcessTable,
  root: ProcessIdentity,
  known: Iterable<ProcessIdentity> = [],
): ProcessEntry[] {
  const holder = table.get(root.pid);
  // While a group has members its id is not given to a new process; another process under the pid means that
  // the group died and the number was reused by a stranger.
  const reused = holder !== undefined && holder.startTime !== root.startTime;
  const seeds = new Set<number>();
  for (const identity of [root, ...known]) {
    if (table.get(identity.pid)?.startTime === identity.startTime) seeds.add(identity.pid);
  }
  const children = new Map<number, number[]>();
  for (const entry of table.values()) {
    if (!reused && (entry.pgid === root.pid || entry.sid === root.pid)) seeds.add(entry.pid);
    const siblings = children.get(entry.ppid);
    if (siblings) siblings.push(entry.pid);
    else children.set(entry.ppid, [entry.pid]);
  }
  const found = new Set<number>();
  const open = [...seeds];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    // Never init and never this process, whatever a table says.
    if (pid <= 1 || pid === process.pid || found.has(pid)) continue;
    found.add(pid);
    open.push(...(children.get(pid) ?? []));
  }
  return [...found]
    .map((pid) => table.get(pid))
    .filter((entry) => entry !== undefined)
    .filter((entry) => !entry.zombie);
}
