import { readFileSync } from 'node:fs';
import { AgentFS, AgentFSError, type AgentFSOptions } from '../index.js';

/** What the probe prints, as one line of JSON. */
export interface HostProbe {
  readonly containment: string;
  readonly uid: number;
  /** Mode of the syscall filter from proc_pid_status(5): 2 is a filter program. */
  readonly seccomp: string;
  /** One outcome for each step: the result, or the code of the error. */
  readonly outcomes: readonly unknown[];
}

type Step = readonly [
  method: 'readFile' | 'writeFile' | 'appendFile' | 'glob' | 'grep' | 'tree' | 'remove' | 'move' | 'mkdir',
  ...args: unknown[],
];

// Run by the host test in a process of its own: with other mounts, as another user, under a syscall filter.
const [root = '', uid = '', steps = '[]', options = '{}'] = process.argv.slice(2);
if (uid !== '') {
  process.setgroups?.([]);
  process.setgid?.(Number(uid));
  process.setuid?.(Number(uid));
}
const fs = await AgentFS.open(root, JSON.parse(options) as AgentFSOptions);
const outcomes: unknown[] = [];
for (const [method, ...args] of JSON.parse(steps) as Step[]) {
  try {
    const value = await (fs[method] as (...given: unknown[]) => Promise<unknown>).apply(fs, args);
    outcomes.push(
      typeof value === 'object' && value !== null && 'path' in value ? value.path : (value ?? null),
    );
  } catch (error) {
    outcomes.push(error instanceof AgentFSError ? error.code : String(error));
  }
}
const probe: HostProbe = {
  containment: fs.containment,
  uid: process.getuid?.() ?? -1,
  seccomp: /^Seccomp:\s*(\d)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '',
  outcomes,
};
await fs.close();
console.log(JSON.stringify(probe));
