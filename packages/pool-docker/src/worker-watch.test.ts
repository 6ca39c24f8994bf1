import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PoolEvent, WorkerRef } from '@clawforce/pool-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asNobody } from './testing/as-nobody.js';
import { AGENT_ROOT_LABEL, DISK_LABEL } from './container-plan.js';
import type { Containers, WorkerContainer } from './containers.js';
import type { Engine } from './engine.js';
import { WorkerMemory } from './worker-memory.js';
import { WorkerWatch } from './worker-watch.js';

const MIB = 1024 ** 2;

const container = (agentId: string, root: string): WorkerContainer => ({
  ownerId: 'owner',
  agentId,
  generation: 1,
  specHash: '',
  engineId: agentId,
  state: 'running',
  labels: { [DISK_LABEL]: String(MIB), [AGENT_ROOT_LABEL]: root },
});

describe('a directory that the agent closes to the control plane', () => {
  const told: PoolEvent[] = [];
  const stopped: string[] = [];
  let root: string;
  let watch: WorkerWatch;
  let looks = 0;
  /** What the agent does before a look. */
  let before = (_look: number): Promise<void> => Promise.resolve();

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'watch-'));
    await mkdir(join(root, 'workspace', 'closed'), { recursive: true });
    await writeFile(join(root, 'workspace', 'closed', 'hidden'), Buffer.alloc(2 * MIB, 1));
    looks = 0;
    told.length = stopped.length = 0;
    watch = new WorkerWatch({
      engine: { ask: () => Promise.resolve({}) } as unknown as Engine,
      containers: {
        list: async () => {
          looks += 1;
          await before(looks);
          return [container('sly', root)];
        },
      } as unknown as Containers,
      memory: new WorkerMemory(),
      intervalMs: 50,
      emit: (event) => told.push(event),
      stop: (_ref, reason) => Promise.resolve(stopped.push(reason)),
    });
  });
  afterEach(async () => {
    // An ordinary user could not remove what is closed either.
    await chmod(join(root, 'workspace', 'closed'), 0o700);
    await rm(root, { recursive: true });
  });

  const asOwner = <T>(work: () => Promise<T>): Promise<T> =>
    asNobody([root, join(root, 'workspace'), join(root, 'workspace', 'closed')], work);

  it('ends its worker, since what cannot be measured cannot be held to a quota', async () => {
    await chmod(join(root, 'workspace', 'closed'), 0);
    before = () => Promise.resolve();
    await asOwner(async () => {
      watch.start();
      await vi.waitFor(() => expect(stopped).not.toEqual([]), 20_000);
      await watch.close();
    });
    expect(looks).toBeGreaterThanOrEqual(3);
    expect(stopped[0]).toBe('disk use cannot be measured: a directory is closed to the control plane');
    expect(told[0]).toMatchObject({ kind: 'disk', action: 'stopped', reason: stopped[0] });
  });

  it('is forgiven to a program that opens it again, and measured then', async () => {
    await writeFile(join(root, 'workspace', 'closed', 'hidden'), '');
    const big = (): Promise<void> =>
      writeFile(join(root, 'workspace', 'closed', 'hidden'), Buffer.alloc(2 * MIB, 1));
    before = async (look) => {
      // Closed at two looks of three; in the end it is found out at the third.
      await chmod(join(root, 'workspace', 'closed'), 0o700);
      if (look === 7) await big();
      if (look % 3 !== 0) await chmod(join(root, 'workspace', 'closed'), 0);
    };
    await asNobody(
      [
        root,
        join(root, 'workspace'),
        join(root, 'workspace', 'closed'),
        join(root, 'workspace', 'closed', 'hidden'),
      ],
      async () => {
        watch.start();
        await vi.waitFor(() => expect(stopped).not.toEqual([]), 20_000);
        await watch.close();
      },
    );
    expect(stopped[0]).toBe('disk quota exceeded: 3 MiB of 1 MiB');
    expect(looks).toBeGreaterThanOrEqual(9);
  });
});

it('goes on to the next worker when one cannot be looked at', async () => {
  const root = await mkdtemp(join(tmpdir(), 'watch-'));
  try {
    await mkdir(join(root, 'workspace'));
    await writeFile(join(root, 'workspace', 'big'), Buffer.alloc(2 * MIB, 1));
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
        list: () => Promise.resolve([container('vanishing', root), container('greedy', root)]),
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
