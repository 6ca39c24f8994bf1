import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkerSpec } from '@clawforce/pool-core';
import { conformanceWorkerSource } from '@clawforce/pool-core/conformance';
import type { ConformanceHarness, ConformanceSpecRequest } from '@clawforce/pool-core/conformance';
import { TEST_LABEL, testImage } from '../../../../tools/host/test-image.js';
import { DockerPool } from '../docker-pool.js';
import type { DockerPoolOptions } from '../options.js';

/** A docker pool over the conformance worker, in a temporary directory and with an owner of its own. */
export interface DockerHarness extends ConformanceHarness {
  readonly pool: DockerPool;
  readonly root: string;
  readonly ownerId: string;
  readonly options: DockerPoolOptions;
}

/** Makes a pool whose workers run the conformance worker from the agent's own (read-only) directory. */
export async function makeHarness(changed: Partial<DockerPoolOptions> = {}): Promise<DockerHarness> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'pool-docker-')));
  const ownerId = `test-${randomUUID().slice(0, 13)}`;
  const proofDir = join(root, 'proof');
  await mkdir(proofDir);
  const options: DockerPoolOptions = {
    image: await testImage(),
    ownerId,
    proofDir,
    pull: 'never',
    command: ['node', '/agent/worker.cjs'],
    ...changed,
  };
  const pool = new DockerPool(options);
  const spec = async (request: ConformanceSpecRequest): Promise<WorkerSpec> => {
    const { agentId, generation, behaviour, level = 'permissive', tightening } = request;
    const agentRoot = join(root, 'agents', agentId);
    const socketDir = join(root, 'run', agentId);
    await mkdir(join(agentRoot, 'workspace'), { recursive: true });
    await mkdir(socketDir, { recursive: true });
    await writeFile(join(agentRoot, 'worker.cjs'), conformanceWorkerSource);
    await chmod(join(agentRoot, 'worker.cjs'), 0o644);
    return {
      agentId,
      generation,
      level,
      agentRoot,
      socketDir,
      env: { CONFORMANCE_BEHAVIOUR: behaviour, AGENT_ROOT: '/agent' },
      limits: { memoryBytes: 256 * 1024 ** 2 },
      labels: { [TEST_LABEL]: ownerId },
      ...(tightening ? { tightening } : {}),
    };
  };
  const dispose = async (): Promise<void> => {
    for (const { agentId } of await pool.list()) await pool.forget(agentId);
    await pool.close();
    await rm(root, { recursive: true, force: true });
  };
  return { pool, root, ownerId, options, spec, dispose };
}
