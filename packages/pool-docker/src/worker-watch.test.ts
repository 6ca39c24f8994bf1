import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PoolEvent, WorkerRef } from '@clawforce/pool-core';
import { expect, it, vi } from 'vitest';
import { AGENT_ROOT_LABEL, DISK_LABEL } from './container-plan.js';
import type { Containers, WorkerContainer } from './containers.js';
import type { Engine } from './engine.js';
import { WorkerMemory } from './worker-memory.js';
import { WorkerWatch } from './worker-watch.js';

const MIB = 1024 ** 2;

it('goes on to the next worker when one cannot be looked at', async () => {
  const root = await mkdtemp(join(tmpdir(), 'watch-'));
  try {
    await mkdir(join(root, 'workspace'));
    await writeFile(join(root, 'workspace', 'big'), Buffer.alloc(2 * MIB, 1));
    const container = (agentId: string): WorkerContainer => ({
      ownerId: 'owner',
      agentId,
      generation: 1,
      specHash: '',
      engineId: agentId,
      state: 'running',
      labels: { [DISK_LABEL]: String(MIB), [AGENT_ROOT_LABEL]: root },
    });
    const stopped: WorkerRef[] = [];
    const told: PoolEvent[] = [];
    let asked = 0;
    const watch = new WorkerWatch({
      // The first worker is gone when its record is asked for; what it wrote outside of its mounts is unknown.
      engine: {
        ask: () => {
          asked += 1;
          return asked <= 2 ? Promise.reject(new Error('no such container')) : Promise.resolve({});
        },
      } as unknown as Engine,
      containers: {
        list: () => Promise.resolve([container('vanishing'), container('greedy')]),
      } as unknown as Containers,
      memory: new WorkerMemory(),
      intervalMs: 50,
      emit: (event) => told.push(event),
      stop: (ref) => {
        stopped.push(ref);
        return Promise.resolve();
      },
    });
    watch.start();
    await vi.waitFor(() => expect(stopped.map(({ agentId }) => agentId)).toContain('greedy'), 20_000);
    await watch.close();
    expect(stopped[0]?.agentId).toBe('greedy');
    expect(told[0]).toMatchObject({ kind: 'disk', agentId: 'greedy', action: 'stopped' });
  } finally {
    await rm(root, { recursive: true });
  }
});
