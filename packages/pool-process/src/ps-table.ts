import type { ProcessEntry, ProcessTable } from './process-table.js';

const LINE = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S.*?)\s*$/;

/** Gives the process table from the output of `ps -o pid= -o ppid= -o pgid= -o stat= -o lstart=`. */
export function parsePs(output: string): ProcessTable {
  const table = new Map<number, ProcessEntry>();
  for (const line of output.split('\n')) {
    const match = LINE.exec(line);
    if (!match) continue;
    const [, pid, ppid, pgid, state = '', startTime = ''] = match;
    table.set(Number(pid), {
      pid: Number(pid),
      ppid: Number(ppid),
      pgid: Number(pgid),
      sid: -1,
      startTime,
      zombie: state.startsWith('Z'),
      stopped: state.startsWith('T'),
    });
  }
  return table;
}
