import { readdirSync, readFileSync } from 'node:fs';

/**
 * Gives how many tasks (threads of all processes) the user of this process has now. The kernel counts those for
 * RLIMIT_NPROC, whoever started them, so that a limit for a command has to come on top.
 */
export function countOwnTasks(): number {
  const uid = process.getuid?.();
  let tasks = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = readFileSync(`/proc/${name}/status`, 'latin1');
      if (Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]) !== uid) continue;
      tasks += Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 1);
    } catch {
      // It has ended meanwhile, or is hidden from this user and then not this user's.
    }
  }
  return tasks;
}
