import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PoolEvent, WorkerSpec } from '@clawforce/pool-core';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { asNobody, NOBODY } from './testing/as-nobody.js';
import { makeHarness } from './testing/make-harness.js';
import type { DockerHarness } from './testing/make-harness.js';
import { containerProcesses, unlinkedUsage } from './unlinked-usage.js';

const run = promisify(execFile);
const docker = requires('docker', 'root', 'cc');
const MIB = 1024 ** 2;

/** Keeps 8 MiB that no directory names: by a descriptor, by one that only a thread has, or by a mapping alone. */
const HOARDER = `#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#define SIZE (8 << 20)
static char block[1 << 20], stack[1 << 16];
static int hoard(void *how) {
  memset(block, 1, sizeof block);
  int file = open("hoard", O_RDWR | O_CREAT | O_EXCL, 0600);
  if (file < 0 || unlink("hoard")) exit(2);
  for (int i = 0; i < SIZE; i += sizeof block) if (write(file, block, sizeof block) < 0) exit(3);
  if (!strcmp(how, "mapping") && (mmap(0, SIZE, PROT_READ, MAP_SHARED, file, 0) == MAP_FAILED || close(file))) exit(4);
  if (!strcmp(how, "hidden") && prctl(PR_SET_DUMPABLE, 0)) exit(5);
  if (write(1, "holds\\n", 6) < 0) exit(6);
  for (;;) pause();
}
int main(int count, char **words) {
  int thread = CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
  if (strcmp(words[1], "thread") && strcmp(words[1], "headless")) return hoard(words[1]);
  if (clone(hoard, stack + sizeof stack, thread, words[1]) < 0) return 7;
  if (!strcmp(words[1], "headless")) syscall(SYS_exit, 0);
  for (;;) pause();
}
`;

docker.describe('files without a name count against the disk quota', () => {
  let harness: DockerHarness;
  /** Its watch does not look while a test does. */
  let idle: DockerHarness;
  let hoarder: string;
  const over = new AbortController();
  const told: PoolEvent[] = [];

  beforeAll(async () => {
    harness = await makeHarness({ watchIntervalMs: 200, user: { uid: NOBODY, gid: NOBODY } });
    idle = await makeHarness({ watchIntervalMs: 3_600_000, user: { uid: NOBODY, gid: NOBODY } });
    await chmod(idle.root, 0o755);
    hoarder = join(harness.root, 'hoarder');
    await writeFile(`${hoarder}.c`, HOARDER);
    await run('cc', ['-O1', '-static', '-o', hoarder, `${hoarder}.c`]);
    void (async () => {
      for await (const event of harness.pool.events({ signal: over.signal })) told.push(event);
    })();
  });
  afterAll(async () => {
    over.abort();
    await harness.dispose();
    await idle.dispose();
  });

  const started = async (
    { pool, spec: specOf }: DockerHarness,
    agentId: string,
    diskBytes: number,
  ): Promise<WorkerSpec> => {
    const made = await specOf({ agentId, generation: 1, behaviour: 'idle' });
    const spec = { ...made, limits: { ...made.limits, diskBytes } };
    await mkdir(join(spec.agentRoot, 'workspace'), { recursive: true });
    await run('cp', [hoarder, join(spec.agentRoot, 'workspace', 'hoarder')]);
    await pool.start(spec);
    return spec;
  };
  /** Starts a hoarder that outlives the call and gives up once it says what it is to say. */
  const hoards = async ({ pool }: DockerHarness, spec: WorkerSpec, how: string): Promise<void> => {
    const script = `./hoarder ${how} > said-${how} & until grep -q holds said-${how}; do sleep 0.1; done`;
    const cwd = '/agent/workspace';
    expect(await pool.exec(spec, ['sh', '-c', script], { cwd })).toMatchObject({ code: 0 });
  };
  const useOf = async ({ pool }: DockerHarness, { agentId, agentRoot }: WorkerSpec) => {
    const { engineId } = (await pool.inspect(agentId))!;
    const processes = (await containerProcesses()).get(engineId) ?? [];
    expect(processes.length).toBeGreaterThan(1);
    return unlinkedUsage({ engineId, processes }, [join(agentRoot, 'workspace')]);
  };

  docker.test(
    'whether a descriptor, a thread of its own or a mapping keeps them',
    async () => {
      const spec = await started(harness, 'hoarder', 20 * MIB);
      expect(await useOf(harness, spec)).toEqual({ bytes: 0, hidden: false });
      await hoards(harness, spec, 'descriptor');
      expect(await useOf(harness, spec)).toEqual({ bytes: 8 * MIB, hidden: false });
      await hoards(harness, spec, 'thread');
      expect(await useOf(harness, spec)).toEqual({ bytes: 16 * MIB, hidden: false });
      // The worker may be gone before the hoarder says that it is done.
      await hoards(harness, spec, 'mapping').catch(() => undefined);
      await vi.waitFor(
        async () => expect((await harness.pool.inspect('hoarder'))?.exit).toMatchObject({ cause: 'disk' }),
        { timeout: 60_000, interval: 100 },
      );
      expect((await harness.pool.inspect('hoarder'))?.exit?.reason).toMatch(/2[4-7] MiB of 20 MiB/);
      expect(told.find((event) => event.kind === 'disk' && event.action === 'stopped')).toMatchObject({
        agentId: 'hoarder',
        quotaBytes: 20 * MIB,
      });
    },
    120_000,
  );

  docker.test(
    'also where the control plane is an ordinary user, to whom a process of its own that hides is one that cannot be measured',
    async () => {
      const spec = await started(idle, 'shared', 1024 * MIB);
      await hoards(idle, spec, 'descriptor');
      const asUser = () => asNobody([], () => useOf(idle, spec));
      expect(await asUser()).toEqual({ bytes: 8 * MIB, hidden: false });
      await hoards(idle, spec, 'hidden');
      expect(await asUser()).toEqual({ bytes: 8 * MIB, hidden: true });
      // Root sees it all the same.
      expect(await useOf(idle, spec)).toEqual({ bytes: 16 * MIB, hidden: false });
      // A program whose first thread has ended shows its descriptors, and no mapping.
      await hoards(idle, spec, 'headless');
      expect(await useOf(idle, spec)).toEqual({ bytes: 24 * MIB, hidden: true });
    },
    120_000,
  );
});
