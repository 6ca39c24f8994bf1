import { readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseStat, readPsTable } from './process-table.js';
import type { ProcessIdentity } from './process-table.js';
import { isAlive } from './process-tree.js';
import type { ChildExit, WorkerChild } from './worker-child.js';

const LINUX = process.platform === 'linux';
const LOOK_MS = LINUX ? 200 : 2_000;

/**
 * Follows a worker that an earlier control plane has started. This process is not its parent: it hears of no exit, so it
 * looks again and again whether the process with this pid and start time lives, and it never learns the exit code.
 */
export function followOrphan(identity: ProcessIdentity | undefined): WorkerChild {
  let over = identity === undefined;
  const exited = (async (): Promise<ChildExit> => {
    while (!over) {
      over = identity === undefined || !(await lives(identity));
      if (!over) await sleep(LOOK_MS, undefined, { ref: false });
    }
    return { code: null, signal: null };
  })();
  return {
    pid: identity?.pid,
    identity,
    spawned: () => Promise.resolve(),
    hasExited: () => over || (LINUX && identity !== undefined && !livesNow(identity)),
    exited,
    streams: { stdout: null, stderr: null },
  };
}

async function lives(identity: ProcessIdentity): Promise<boolean> {
  if (!LINUX) return isAlive(await readPsTable(), identity);
  return isIt(identity, await readFile(`/proc/${identity.pid}/stat`, 'latin1').catch(() => ''));
}

function livesNow(identity: ProcessIdentity): boolean {
  try {
    return isIt(identity, readFileSync(`/proc/${identity.pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

function isIt({ startTime }: ProcessIdentity, text: string): boolean {
  const entry = parseStat(text);
  return entry !== undefined && entry.startTime === startTime && !entry.zombie;
}
