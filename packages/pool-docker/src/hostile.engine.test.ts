import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { PoolEvent, WorkerSpec } from '@clawforce/pool-core';
import { DRILL_CASES, DRILL_PROBE_PATH, runDrill } from '@clawforce/pool-core/drill';
import { afterAll, beforeAll, expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { TEST_LABEL } from '../../../tools/host/test-image.js';
import { auditContainer } from './cis-audit.js';
import { createOptions, planContainer } from './container-plan.js';
import { DockerPool } from './docker-pool.js';
import { makeHarness } from './testing/make-harness.js';
import type { DockerHarness } from './testing/make-harness.js';
import { rawEngine, removeLabelled } from './testing/raw-engine.js';

const docker = requires('docker', 'root');
const run = promisify(execFile);

async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(50);
  }
}

docker.describe('the docker pool against those who want more', () => {
  let harness: DockerHarness;
  const listening = new AbortController();
  const seen: PoolEvent[] = [];

  beforeAll(async () => {
    harness = await makeHarness({ watchIntervalMs: 200 });
    const events = harness.pool.events({ signal: listening.signal });
    void (async () => {
      for await (const event of events) seen.push(event);
    })();
  });

  afterAll(async () => {
    listening.abort();
    // First what the pool knows, with its networks; then what was put behind its back.
    await harness.dispose();
    await removeLabelled(harness.ownerId);
  });

  const started = async (agentId: string, changed: Partial<WorkerSpec> = {}): Promise<WorkerSpec> => {
    const spec = { ...(await harness.spec({ agentId, generation: 1, behaviour: 'idle' })), ...changed };
    await harness.pool.start(spec);
    return spec;
  };

  docker.test(
    'an engine or a person weakens a container behind the back of the pool: attestation names each field',
    async () => {
      const spec = await harness.spec({
        agentId: 'weak',
        generation: 1,
        behaviour: 'idle',
        level: 'sandboxed',
      });
      // The real pool makes the directories; its container is then replaced by a weakened one of the same name and labels.
      const { engineId } = await harness.pool.start(spec);
      const real = await rawEngine.getContainer(engineId).inspect();
      await rawEngine.getContainer(engineId).remove({ force: true });
      const plan = planContainer(spec, {
        name: real.Name.slice(1),
        image: harness.options.image,
        imageId: real.Image,
        ownerId: harness.ownerId,
        user: { uid: 10_001, gid: 10_001 },
        network: 'unused',
        hostPathOf: (path) => path,
        seccomp: undefined,
        command: ['node', '/agent/worker.cjs'],
        tmp: { bytes: 64 * 1024 ** 2, inodes: 8192 },
      });
      const asked = createOptions(plan);
      const weak = await rawEngine.createContainer({
        ...asked,
        Env: [...(asked.Env ?? []), 'NODE_PATH=/agent/workspace'],
        Cmd: [...(asked.Cmd ?? []), '--inspect'],
        WorkingDir: '/agent/workspace',
        Healthcheck: { Test: ['CMD', 'true'] },
        HostConfig: {
          ...asked.HostConfig,
          Sysctls: { 'net.ipv4.ip_forward': '1' },
          CgroupParent: '/of-a-stranger',
          ShmSize: 2 ** 30,
          MaskedPaths: ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/sys/firmware'],
          CapDrop: ['MKNOD'],
          SecurityOpt: ['seccomp=unconfined'],
          ReadonlyRootfs: false,
          PidsLimit: 4000,
          NetworkMode: 'bridge',
          Mounts: asked.HostConfig?.Mounts?.map((mount) => ({ ...mount, ReadOnly: false })) ?? [],
        },
      });
      await weak.start();
      const report = await harness.pool.attest(spec);
      expect(report.attested).toBe('mismatched');
      const named = (source: 'engine' | 'inside'): string[] =>
        report.differences.filter((difference) => difference.source === source).map(({ field }) => field);
      expect(named('engine').sort()).toEqual(
        [
          'binds',
          'capabilitiesDropped',
          'cgroupParent',
          'command',
          'environment',
          'healthCheck',
          'masked',
          'neighbours',
          'network',
          'networks',
          'shmBytes',
          'sysctls',
          'workingDirectory',
          'noNewPrivileges',
          'pidsLimit',
          'readOnlyRoot',
          'seccomp',
        ].sort(),
      );
      expect(named('inside').sort()).toEqual(
        [
          'capabilities',
          'interfaces',
          'mounts',
          'noNewPrivileges',
          'pidsLimit',
          'readOnlyRoot',
          'seccomp',
        ].sort(),
      );
      expect(report.reason).toContain('readOnlyRoot: requested true, the engine says false');
      expect((await harness.pool.inspect('weak'))?.attested).toBe('mismatched');
      // The drill finds by trying what the attestation found by looking.
      const weakened = ['fs-var-tmp', 'priv-seccomp', 'priv-nnp', 'net-route'];
      const facts = {
        level: 'sandboxed',
        memoryBytes: 2 ** 28,
        cpus: 1,
        pids: 256,
        tmpBytes: 2 ** 26,
      } as const;
      const rows = await runDrill({
        pool: harness.pool,
        ref: spec,
        cases: DRILL_CASES.filter(({ id }) => [...weakened, 'fs-own-dir'].includes(id)),
        facts: { ...facts, tmpInodes: 8192, probe: DRILL_PROBE_PATH },
      });
      const verdicts = Object.fromEntries(rows.map(({ id, verdict }) => [id, verdict]));
      const failed = Object.fromEntries(weakened.map((id) => [id, 'fail']));
      expect(verdicts).toEqual({ ...failed, 'fs-own-dir': 'pass' });
    },
  );

  docker.test(
    'a directory is swapped between check and mount: the probe sees another one inside',
    async () => {
      const spec = await started('swapped');
      expect((await harness.pool.attest(spec)).attested).toBe('matched');
      await rename(spec.socketDir, `${spec.socketDir}-gone`);
      await mkdir(spec.socketDir);
      const report = await harness.pool.attest(spec);
      expect(report.differences.map(({ field }) => field)).toEqual(['directories']);
      await rename(join(spec.agentRoot, 'workspace'), join(spec.agentRoot, 'gone'));
      await mkdir(join(spec.agentRoot, 'workspace'));
      const worse = await harness.pool.attest(spec);
      expect(worse.differences.map(({ field }) => field).sort()).toEqual(['directories', 'mounts']);
    },
  );

  docker.test("a stranger's container has the name: it is left alone and the start fails", async () => {
    const spec = await harness.spec({ agentId: 'taken', generation: 1, behaviour: 'idle' });
    const first = await harness.pool.start(spec);
    const name = (await rawEngine.getContainer(first.engineId).inspect()).Name.slice(1);
    await harness.pool.forget('taken');
    const stranger = await rawEngine.createContainer({
      name,
      Image: harness.options.image,
      Cmd: ['sleep', '1000'],
      Labels: { [TEST_LABEL]: harness.ownerId },
      HostConfig: { NetworkMode: 'none' },
    });
    await stranger.start();
    const before = (await stranger.inspect()).State.StartedAt;
    await expect(harness.pool.start(spec)).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('not ours') as string,
    });
    await harness.pool.forget('taken');
    const after = await stranger.inspect();
    expect([after.State.Running, after.State.StartedAt]).toEqual([true, before]);
  });

  docker.test('another installation has an agent of the same name: neither touches the other', async () => {
    const other = await makeHarness();
    try {
      const mine = await started('namesake');
      const theirs = await other.spec({ agentId: 'namesake', generation: 1, behaviour: 'idle' });
      await other.pool.start(theirs);
      await other.pool.forget('namesake');
      expect((await harness.pool.inspect(mine.agentId))?.state).toBe('running');
      expect(await other.pool.list()).toEqual([]);
    } finally {
      await other.dispose();
    }
  });

  docker.test(
    'an agent plants a link where its workspace was: it is refused before the engine sees the path',
    async () => {
      const spec = await harness.spec({ agentId: 'linked', generation: 1, behaviour: 'idle' });
      await rename(join(spec.agentRoot, 'workspace'), join(spec.agentRoot, 'old'));
      await symlink('/etc', join(spec.agentRoot, 'workspace'));
      await expect(harness.pool.start(spec)).rejects.toMatchObject({
        code: 'SPEC_INVALID',
        key: 'agentRoot',
      });
      const parent = await harness.spec({ agentId: 'real-parent', generation: 1, behaviour: 'idle' });
      await symlink(join(harness.root, 'agents'), join(harness.root, 'alias'));
      const through = { ...parent, agentRoot: join(harness.root, 'alias', 'real-parent') };
      await expect(harness.pool.start(through)).rejects.toMatchObject({
        code: 'SPEC_INVALID',
        message: expect.stringContaining('is a link') as string,
      });
      expect((await stat('/etc')).uid).toBe(0);
      expect(await harness.pool.inspect('linked')).toBe(undefined);
    },
  );

  for (const key of ['agentRoot', 'socketDir'] as const) {
    docker.test(
      `a directory (${key}) becomes a link after it was looked at: the look right before the engine sees it`,
      async () => {
        const spec = await harness.spec({ agentId: `raced-${key}`, generation: 1, behaviour: 'idle' });
        const path = key === 'agentRoot' ? join(spec.agentRoot, 'workspace') : spec.socketDir;
        const steps: string[] = [];
        const pool = new DockerPool({
          ...harness.options,
          onStep: async (step) => {
            steps.push(step);
            if (step !== 'network') return;
            await rename(path, `${path}-old`);
            await symlink('/etc', path);
          },
        });
        try {
          await expect(pool.start(spec)).rejects.toMatchObject({ code: 'SPEC_INVALID', key });
          // Behind the network there is the container, and it never came to be.
          expect(steps).toEqual(['retired', 'network']);
          expect(await pool.inspect(spec.agentId)).toBe(undefined);
          const networks = await rawEngine.listNetworks({
            filters: JSON.stringify({ label: [`clawforce.agent=${spec.agentId}`] }),
          });
          expect(networks).toEqual([]);
        } finally {
          await pool.close();
        }
      },
    );
  }

  docker.test('left-overs of a privileged worker are given to the user of the next one', async () => {
    const spec = await harness.spec({ agentId: 'handed', generation: 1, behaviour: 'idle' });
    const left = join(spec.agentRoot, 'workspace', 'deep');
    await mkdir(left);
    await writeFile(join(left, 'of-root'), 'x', { mode: 0o4755 });
    await chown(join(left, 'of-root'), 0, 0);
    await symlink('/etc/passwd', join(left, 'link'));
    await harness.pool.start({ ...spec, user: { uid: 200_007, gid: 200_007 } });
    const found = await stat(join(left, 'of-root'));
    expect([found.uid, found.gid, found.mode & 0o7000]).toEqual([200_007, 200_007, 0]);
    expect((await stat('/etc/passwd')).uid).toBe(0);
    const answer = await harness.pool.exec(spec, [
      'sh',
      '-c',
      'id -u && rm -r /agent/workspace/deep && ls -A /agent/workspace',
    ]);
    expect([answer.code, answer.stdout.trim()]).toEqual([0, '200007']);
  });

  docker.test(
    'a pool that starts anew adopts what runs, and goes on from a start that was cut short',
    async () => {
      const spec = await started('adopted');
      const cut = await harness.spec({ agentId: 'cut-short', generation: 1, behaviour: 'idle' });
      const done = await harness.pool.start(cut);
      const record = await rawEngine.getContainer(done.engineId).inspect();
      await rawEngine.getContainer(done.engineId).remove({ force: true });
      // As a control plane leaves it that is killed between create and start.
      const half = await rawEngine.createContainer({
        name: record.Name.slice(1),
        Image: record.Image,
        Labels: record.Config.Labels,
        Cmd: ['true'],
      });
      const next = new DockerPool({ ...harness.options, watchIntervalMs: 200 });
      try {
        const states = Object.fromEntries((await next.list()).map(({ agentId, state }) => [agentId, state]));
        expect([states['adopted'], states['cut-short']]).toEqual(['running', 'created']);
        const handle = await next.start(spec);
        expect(handle.engineId).toBe((await harness.pool.inspect('adopted'))?.engineId);
        const again = await next.start(cut);
        expect(again.engineId).not.toBe(half.id);
        expect((await next.attest(cut)).attested).toBe('matched');
      } finally {
        await next.close();
      }
      expect((await harness.pool.inspect('adopted'))?.state).toBe('running');
    },
  );

  docker.test(
    'stopping a start that was cut short leaves neither its container nor its network',
    async () => {
      const spec = await harness.spec({ agentId: 'never-ran', generation: 1, behaviour: 'idle' });
      const { engineId } = await harness.pool.start(spec);
      const { Name, Image, Config, HostConfig } = await rawEngine.getContainer(engineId).inspect();
      await rawEngine.getContainer(engineId).remove({ force: true });
      // As a control plane leaves it that is killed between create and start.
      const half = await rawEngine.createContainer({
        name: Name.slice(1),
        Image,
        Labels: Config.Labels,
        Cmd: ['true'],
        HostConfig: { NetworkMode: HostConfig.NetworkMode ?? '' },
      });
      expect((await harness.pool.inspect('never-ran'))?.state).toBe('created');
      const network = rawEngine.getNetwork(HostConfig.NetworkMode ?? '');
      expect(((await network.inspect()) as { Name: string }).Name).toBe(HostConfig.NetworkMode);
      expect(await harness.pool.stop(spec, { graceMs: 0, reason: 'test' })).toMatchObject({
        outcome: 'absent',
      });
      expect(await harness.pool.inspect('never-ran')).toBeUndefined();
      await expect(rawEngine.getContainer(half.id).inspect()).rejects.toMatchObject({ statusCode: 404 });
      await expect(network.inspect()).rejects.toMatchObject({ statusCode: 404 });
    },
  );

  docker.test(
    'nothing runs as root by exec below privileged, and a resumed worker takes commands at once',
    async () => {
      const spec = await started('exec');
      for (const user of [
        { uid: 0, gid: 0 },
        { uid: 10_001, gid: 0 },
      ])
        await expect(harness.pool.exec(spec, ['id'], { user })).rejects.toMatchObject({
          code: 'UNSUPPORTED',
        });
      await expect(
        harness.pool.start({ ...spec, agentId: 'root-group', user: { uid: 10_001, gid: 0 } }),
      ).rejects.toMatchObject({ code: 'SPEC_INVALID', key: 'user' });
      await harness.pool.pause(spec);
      expect((await harness.pool.inspect('exec'))?.state).toBe('paused');
      await harness.pool.pause(spec);
      await harness.pool.resume(spec);
      await harness.pool.resume(spec);
      const answer = await harness.pool.exec(spec, ['sh', '-c', 'echo out; echo err >&2; exit 5']);
      expect(answer).toEqual({
        code: 5,
        stdout: 'out\n',
        stderr: 'err\n',
        truncated: false,
        timedOut: false,
      });
      const flood = await harness.pool.exec(spec, ['sh', '-c', 'head -c 100000 /dev/zero'], {
        maxOutputBytes: 1000,
      });
      expect([flood.stdout.length, flood.truncated]).toEqual([1000, true]);
      const slow = await harness.pool.exec(spec, ['sleep', '60'], { timeoutMs: 300 });
      expect([slow.code, slow.timedOut]).toEqual([null, true]);
      await harness.pool.pause(spec);
      const report = await harness.pool.stop(spec, { graceMs: 10_000, reason: 'test' });
      expect(report.outcome).toBe('stopped');
      await expect(harness.pool.exec(spec, ['id'])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    },
  );

  docker.test(
    'a tool runs out of memory and the worker lives: the event says tool, and its own end is not blamed on memory',
    async () => {
      const spec = await started('hungry-tool');
      const eater = 'const a=[];for(;;)a.push(Buffer.alloc(8<<20,1))';
      await harness.pool.exec(spec, ['node', '-e', eater], { timeoutMs: 60_000 });
      const event = await eventually('the event', () =>
        seen.find(({ kind, agentId }) => kind === 'oom' && agentId === 'hungry-tool'),
      );
      expect(event).toMatchObject({ victim: 'tool' });
      expect((await harness.pool.inspect('hungry-tool'))?.state).toBe('running');
      const { engineId } = (await harness.pool.inspect('hungry-tool'))!;
      await rawEngine.getContainer(engineId).kill();
      const exit = await eventually(
        'the exit',
        async () => (await harness.pool.inspect('hungry-tool'))?.exit,
      );
      // The engine still says that it ran out of memory.
      expect((await rawEngine.getContainer(engineId).inspect()).State.OOMKilled).toBe(true);
      expect(exit.reason).toBe(
        'killed from outside of Clawforce; a tool of it had been killed for memory before',
      );
    },
  );

  docker.test('a worker runs out of memory: event and exit say so in words', async () => {
    const spec = await harness.spec({ agentId: 'hungry', generation: 1, behaviour: 'idle' });
    await writeFile(join(spec.agentRoot, 'worker.cjs'), 'const a=[];for(;;)a.push(Buffer.alloc(8<<20,1))');
    await harness.pool.start(spec);
    const exited = await eventually('the exit', () =>
      seen.find((event) => event.kind === 'exited' && event.agentId === 'hungry'),
    );
    expect(exited.kind === 'exited' && exited.exit.reason).toBe(
      'the worker ran out of memory (limit 256 MiB) and was killed by the kernel',
    );
    expect(seen.find(({ kind, agentId }) => kind === 'oom' && agentId === 'hungry')).toMatchObject({
      victim: 'worker',
    });
  });

  docker.test(
    'a worker starts as many processes as it may and ends of it: the exit names the limit',
    async () => {
      const spec = await harness.spec({ agentId: 'crowd', generation: 1, behaviour: 'idle' });
      const bomb = `
      const { spawn } = require('child_process'), fs = require('fs');
      const more = () => spawn('sleep', ['1000'], { stdio: 'ignore' })
        .on('spawn', more)
        .on('error', ({ code }) => {
          console.log(code);
          setInterval(() => { if (fs.existsSync('/agent/workspace/go')) process.exit(1); }, 50);
        });
      more();`;
      await writeFile(join(spec.agentRoot, 'worker.cjs'), bomb);
      const limits = { memoryBytes: 256 * 1024 ** 2, pids: 64, diskBytes: 2 * 1024 ** 2 };
      await harness.pool.start({ ...spec, limits });
      await eventually('the limit', async () => ((await harness.pool.stats(spec))?.pids ?? 0) >= limits.pids);
      // The watch tells nobody that it looks, but of a file that comes and goes it warns twice; one look is then between.
      const big = join(spec.agentRoot, 'workspace', 'big');
      await eventually('two warnings', async () => {
        await writeFile(big, Buffer.alloc(1.8 * 1024 ** 2, 1));
        await sleep(400);
        await rm(big);
        await sleep(400);
        return seen.filter(({ kind, agentId }) => kind === 'disk' && agentId === 'crowd').length >= 2;
      });
      await writeFile(join(spec.agentRoot, 'workspace', 'go'), '');
      const exited = await eventually('the exit', () =>
        seen.find((event) => event.kind === 'exited' && event.agentId === 'crowd'),
      );
      expect(exited).toMatchObject({
        exit: { code: 1, reason: 'ended with code 1 by itself; it had reached its limit of 64 processes' },
      });
      // It was the kernel that refused the next one.
      const lines: string[] = [];
      for await (const { text } of harness.pool.logs(spec)) lines.push(text);
      expect(lines).toEqual(['EAGAIN']);
    },
  );

  docker.test('somebody kills the container: the exit says that it was not Clawforce', async () => {
    const spec = await started('shot');
    const { engineId } = (await harness.pool.inspect('shot'))!;
    await rawEngine.getContainer(engineId).kill();
    const exited = await eventually('the exit', () =>
      seen.find((event) => event.kind === 'exited' && event.agentId === 'shot'),
    );
    expect(exited.kind === 'exited' && exited.exit).toMatchObject({
      signal: 'SIGKILL',
      reason: 'killed from outside of Clawforce',
    });
    // Its network waits for the next start, and goes with the stop of what has ended already.
    const { HostConfig } = await rawEngine.getContainer(engineId).inspect();
    const network = rawEngine.getNetwork(HostConfig.NetworkMode ?? '');
    type Texts = Record<string, string>;
    const { Options, Labels } = (await network.inspect()) as { Options: Texts; Labels: Texts };
    const stop = () => harness.pool.stop(spec, { graceMs: 0, reason: 'test' });
    expect((await stop()).outcome).toBe('absent');
    await expect(network.inspect()).rejects.toMatchObject({ statusCode: 404 });
    // As a control plane leaves it that is killed before there is a container.
    await rawEngine.getContainer(engineId).remove();
    await rawEngine.createNetwork({ Name: HostConfig.NetworkMode ?? '', Driver: 'bridge', Options, Labels });
    expect((await stop()).outcome).toBe('absent');
    await expect(network.inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  docker.test(
    'an agent fills its disk quota: it is warned about, then stopped, and the reason tells the numbers',
    async () => {
      const spec = await started('full', {
        limits: { memoryBytes: 256 * 1024 ** 2, diskBytes: 20 * 1024 ** 2 },
      });
      const write = (mib: number) =>
        harness.pool.exec(spec, [
          'dd',
          'if=/dev/zero',
          `of=/agent/workspace/${mib}`,
          'bs=1M',
          `count=${mib}`,
        ]);
      await harness.pool.exec(spec, ['truncate', '-s', '1099511627776', '/agent/workspace/sparse']);
      await write(17);
      const of = (action: string) =>
        seen.find((event) => event.kind === 'disk' && event.agentId === 'full' && event.action === action);
      await eventually('the warning', () => of('warned'));
      expect((await harness.pool.inspect('full'))?.state).toBe('running');
      await write(8);
      await eventually('the stop', async () => (await harness.pool.inspect('full'))?.state === 'exited');
      expect(of('stopped')).toMatchObject({ quotaBytes: 20 * 1024 ** 2 });
      expect((await harness.pool.inspect('full'))?.exit?.cause).toBe('disk');
      const exited = await eventually('the exit', () =>
        seen.find((event) => event.kind === 'exited' && event.agentId === 'full'),
      );
      expect(exited).toMatchObject({ exit: { cause: 'disk' } });
      expect((await harness.pool.inspect('full'))?.exit?.reason).toMatch(
        /disk quota exceeded: 2[5-9] MiB of 20 MiB/,
      );
    },
  );

  docker.test('a pool that has only adopted a worker holds it to its quota as well', async () => {
    const earlier = await makeHarness({ watchIntervalMs: 3_600_000 });
    const next = new DockerPool({ ...earlier.options, watchIntervalMs: 200 });
    try {
      const spec = await earlier.spec({ agentId: 'greedy', generation: 1, behaviour: 'idle' });
      await earlier.pool.start({ ...spec, limits: { ...spec.limits, diskBytes: 1024 ** 2 } });
      await writeFile(join(spec.agentRoot, 'workspace', 'big'), Buffer.alloc(3 * 1024 ** 2, 1));
      expect((await next.list())[0]).toMatchObject({ agentId: 'greedy', state: 'running' });
      const exit = await eventually('the stop', async () => (await next.inspect('greedy'))?.exit);
      expect(exit.reason).toContain('disk quota exceeded');
    } finally {
      await next.close();
      await earlier.dispose();
    }
  });

  docker.test('the disk is full: the start fails with the fix, and works once there is room', async () => {
    const spec = await harness.spec({ agentId: 'no-room', generation: 1, behaviour: 'idle' });
    const source = await readFile(join(spec.agentRoot, 'worker.cjs'));
    const mount = (...args: string[]) => run('mount', ['-t', 'tmpfs', ...args, spec.agentRoot]);
    // Room for the root, the program and one directory.
    await mount('-o', 'size=1m,nr_inodes=3,mode=755', 'tmpfs');
    try {
      await writeFile(join(spec.agentRoot, 'worker.cjs'), source);
      await expect(harness.pool.start(spec)).rejects.toMatchObject({
        code: 'START_FAILED',
        message: expect.stringContaining('the disk is full') as string,
        fix: expect.stringContaining('free space') as string,
      });
      expect(await harness.pool.inspect('no-room')).toBe(undefined);
      await run('mount', ['-o', 'remount,size=1m,nr_inodes=100', spec.agentRoot]);
      await harness.pool.start(spec);
      expect((await harness.pool.attest(spec)).reason).toBe('the worker is isolated as requested');
      await harness.pool.forget('no-room');
    } finally {
      await run('umount', ['-l', spec.agentRoot]);
    }
  });

  docker.test('bad input is refused by name and starts nothing', async () => {
    const spec = await harness.spec({ agentId: 'bad', generation: 1, behaviour: 'idle' });
    const code = async (changed: Partial<WorkerSpec>): Promise<unknown> =>
      harness.pool.start({ ...spec, ...changed }).then(
        () => 'started',
        (error: unknown) => [(error as { code: string }).code, (error as { key?: string }).key],
      );
    expect(await code({ level: 'weird' as 'permissive' })).toEqual(['SPEC_INVALID', 'level']);
    expect(await code({ limits: { pids: 5000 } })).toEqual(['OVERRIDE_LOOSENS', 'limits.pids']);
    expect(await code({ limits: { memoryBytes: -1 } })).toEqual(['SPEC_INVALID', 'limits.memoryBytes']);
    expect(await code({ user: { uid: 0, gid: 0 } })).toEqual(['SPEC_INVALID', 'user']);
    expect(await code({ image: { id: 'latest', name: 'x' } })).toEqual(['SPEC_INVALID', 'image']);
    expect(await code({ socketDir: '/nonexistent/sockets' })).toEqual(['SPEC_INVALID', 'socketDir']);
    expect(await harness.pool.inspect('bad')).toBe(undefined);
  });

  docker.test(
    'an image that is not there, with and without pulling, is a typed error with the fix',
    async () => {
      for (const pull of ['never', 'missing'] as const) {
        const pool = new DockerPool({
          ...harness.options,
          image: `clawforce.invalid/${randomUUID()}:1`,
          pull,
        });
        const spec = await harness.spec({ agentId: 'no-image', generation: 1, behaviour: 'idle' });
        await expect(pool.start(spec)).rejects.toMatchObject({ code: 'IMAGE_MISSING', key: 'AGENT_IMAGE' });
        await pool.close();
      }
    },
  );

  docker.test(
    'the CIS audit of a sandboxed worker fails in the health check only, and the bare container in what it lacks',
    async () => {
      const spec = await harness.spec({
        agentId: 'audited',
        generation: 1,
        behaviour: 'idle',
        level: 'sandboxed',
      });
      const { engineId } = await harness.pool.start(spec);
      const failed = async (id: string): Promise<string[]> =>
        auditContainer(await rawEngine.getContainer(id).inspect())
          .filter(({ passed }) => !passed)
          .map(({ item }) => item);
      expect(await failed(engineId)).toEqual(['5.26']);
      const bare = await rawEngine.createContainer({
        Image: harness.options.image,
        Labels: { [TEST_LABEL]: harness.ownerId },
        Cmd: ['true'],
        HostConfig: {
          Binds: ['/var/run/docker.sock:/s', '/etc:/host:ro'],
          PidMode: 'host',
          CapAdd: ['SYS_ADMIN'],
          RestartPolicy: { Name: 'always' },
        },
      });
      expect(await failed(bare.id)).toEqual(
        expect.arrayContaining([
          '4.1',
          '5.3',
          '5.5',
          '5.10',
          '5.11',
          '5.12',
          '5.14',
          '5.15',
          '5.18',
          '5.25',
          '5.28',
          '5.29',
          '5.31',
        ]),
      );
    },
  );
});
