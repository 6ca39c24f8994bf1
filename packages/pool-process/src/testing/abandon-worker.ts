import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { WorkerSpec } from '@clawforce/pool-core';
import { identify } from '../process-table.js';
import type { ProcessIdentity } from '../process-table.js';
import type { WorkerRecord } from '../worker-record.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What a test may decide. */
export interface AbandonOptions {
  readonly ownerId?: string;
  /** File to which the control plane appends what the worker prints. */
  readonly sink?: string;
  /** The control plane is killed when its record of the worker is like this. */
  readonly when?: (record: WorkerRecord) => boolean;
}

/** Starts a worker in a control plane of its own, which is then killed with SIGKILL. */
export async function abandonWorker(
  root: string,
  spec: WorkerSpec,
  { ownerId = 'test', sink = '', when = () => true }: AbandonOptions = {},
): Promise<ProcessIdentity> {
  const options = {
    command: [process.execPath, join(root, 'worker.cjs')],
    ownerId,
    stateDir: join(root, 'state'),
    watchIntervalMs: 50,
  };
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--conditions',
      '@clawforce/source',
      here('./control-plane.mjs'),
      here('../index.ts'),
      JSON.stringify(options),
      JSON.stringify(spec),
      sink,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const identity = await identify(Number(line.toString().trim()));
  if (!identity) throw new Error('the worker is not there');
  const path = join(root, 'state', `${spec.agentId}.${spec.generation}.worker.json`);
  for (let round = 0; !when(JSON.parse(await readFile(path, 'utf8')) as WorkerRecord); round += 1) {
    if (round > 1000) throw new Error('the record never became as expected');
    await sleep(20);
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  return identity;
}
