import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkerSpec } from '@clawforce/pool-core';
import { conformanceWorkerSource } from '@clawforce/pool-core/conformance';
import type { ConformanceHarness, ConformanceSpecRequest } from '@clawforce/pool-core/conformance';
import type { ProcessPoolOptions } from '../options.js';
import { ProcessPool } from '../process-pool.js';

/** A process pool over the conformance worker, in a temporary directory of its own. */
export async function makeHarness(
  options: Partial<ProcessPoolOptions> = {},
): Promise<ConformanceHarness & { readonly pool: ProcessPool; readonly root: string }> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'pool-process-')));
  const script = join(root, 'worker.cjs');
  await writeFile(script, conformanceWorkerSource);
  const pool = new ProcessPool({
    command: [process.execPath, script],
    ownerId: 'test',
    stateDir: join(root, 'state'),
    closeGraceMs: 200,
    ...options,
  });
  const spec = async (request: ConformanceSpecRequest): Promise<WorkerSpec> => {
    const { agentId, generation, behaviour, level = 'permissive', tightening } = request;
    const agentRoot = join(root, 'agents', agentId);
    const socketDir = join(root, 'run', agentId);
    await mkdir(join(agentRoot, 'workspace'), { recursive: true });
    await mkdir(socketDir, { recursive: true });
    return {
      agentId,
      generation,
      level,
      agentRoot,
      socketDir,
      env: { CONFORMANCE_BEHAVIOUR: behaviour, AGENT_ROOT: agentRoot },
      limits: {},
      ...(tightening ? { tightening } : {}),
    };
  };
  const dispose = async (): Promise<void> => {
    await pool.close();
    await rm(root, { recursive: true, force: true });
  };
  return { pool, root, spec, dispose };
}
