import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AgentFSOptions } from '../index.js';
import type { HostProbe } from './host-probe.js';

const probeFile = fileURLToPath(new URL('host-probe.ts', import.meta.url));

/** Runs some calls in a process of its own, as another user. */
export function runProbe(
  root: string,
  steps: readonly unknown[],
  { uid, ...options }: { readonly uid: number } & Pick<AgentFSOptions, 'quota' | 'owner'>,
): HostProbe {
  const output = execFileSync(
    process.execPath,
    [
      ...['--conditions=@clawforce/source', '--import', 'tsx', probeFile],
      ...[root, String(uid), JSON.stringify(steps), JSON.stringify(options)],
    ],
    { encoding: 'utf8' },
  );
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as HostProbe;
}
