import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:net';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DRILL_CASES, DRILL_PROBE_PATH, runDrill } from '@clawforce/pool-core/drill';
import type { DrillCase, DrillRow } from '@clawforce/pool-core/drill';
import type { AgentPool, IsolationLevel } from '@clawforce/pool-core';
import type { ContainerCreateOptions } from 'dockerode';
import { afterAll, beforeAll, expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { TEST_LABEL, testWorkerImage } from '../../../tools/host/test-image.js';
import { execIn } from './container-exec.js';
import { Engine } from './engine.js';
import { parseEngine } from './engine-endpoint.js';
import { makeDrillRange } from './testing/drill-range.js';
import type { DrillRange } from './testing/drill-range.js';
import { makeHarness } from './testing/make-harness.js';
import type { DockerHarness } from './testing/make-harness.js';
import { rawEngine, removeLabelled } from './testing/raw-engine.js';

const docker = requires('docker', 'root', 'cc');
const MEMORY = 256 * 1024 ** 2;
const NEIGHBOUR_PORT = 7777;
const EVERY_LEVEL: readonly IsolationLevel[] = ['permissive', 'sandboxed', 'privileged'];
// The product's drill (apps/control-plane/src/drills) goes through all three in every run; a release does here as well.
const LEVELS = process.env['CLAWFORCE_DRILL_LEVELS'] === 'all' ? EVERY_LEVEL : EVERY_LEVEL.slice(0, 1);

const idsOf = (rows: readonly DrillRow[], verdict: DrillRow['verdict']): string[] =>
  rows
    .filter((row) => row.verdict === verdict)
    .map(({ id, actual, detail }) => `${id} ${actual} (${detail})`);

async function connects(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.setTimeout(2_000, () => socket.destroy());
    socket.once('connect', () => resolve(true));
    socket.once('close', () => resolve(false));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

docker.describe('the drill, executed by a real engine', () => {
  let harness: DockerHarness;
  let range: DrillRange;
  let neighbour: { readonly address: string; readonly port: number };
  const listener = new AbortController();

  beforeAll(async () => {
    harness = await makeHarness({ image: await testWorkerImage() });
    range = await makeDrillRange(harness);
    const spec = await harness.spec({ agentId: 'neighbour-worker', generation: 1, behaviour: 'idle' });
    const { engineId } = await harness.pool.start(spec);
    const program = `require('net').createServer().listen(${NEIGHBOUR_PORT}, '0.0.0.0')`;
    harness.pool
      .exec(spec, ['node', '-e', program], { timeoutMs: 600_000, signal: listener.signal })
      .catch(() => undefined);
    const { NetworkSettings } = await rawEngine.getContainer(engineId).inspect();
    const address = Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? '';
    neighbour = { address, port: NEIGHBOUR_PORT };
    // The neighbour does listen, so a refusal is one.
    const deadline = Date.now() + 30_000;
    while (!(await connects(NEIGHBOUR_PORT, address))) {
      if (Date.now() > deadline) throw new Error('the neighbour never listened');
      await sleep(100);
    }
  }, 300_000);

  afterAll(async () => {
    listener.abort();
    await range.close();
    await harness.dispose();
  }, 60_000);

  for (const level of LEVELS) {
    docker.test(
      `at ${level} every action is blocked or allowed as promised, and each one is tried`,
      async () => {
        const spec = await harness.spec({
          agentId: `drill-${level}`,
          generation: 1,
          behaviour: 'idle',
          level,
        });
        await range.openSocket(spec);
        await harness.pool.start(spec);
        expect(await harness.pool.attest(spec)).toMatchObject({ attested: 'matched' });
        const rows = await runDrill({
          pool: harness.pool,
          ref: spec,
          cases: DRILL_CASES,
          facts: { ...range.facts(level, MEMORY), neighbour },
        });
        expect(idsOf(rows, 'fail')).toEqual([]);
        expect(rows.filter(({ actual }) => actual === 'not-run')).toEqual([]);
        const told = rows.filter(({ verdict }) => verdict === 'info').length;
        process.stdout.write(`drill at ${level}: ${rows.length - told} as expected, ${told} told only\n`);
        expect(told).toBeLessThanOrEqual(6);
        // What was tried left the worker alive.
        expect((await harness.pool.inspect(spec.agentId))?.state).toBe('running');
        await harness.pool.stop(spec, { graceMs: 2_000, reason: 'test' });
      },
      300_000,
    );
  }

  for (const level of ['permissive', 'privileged'] as const) {
    docker.test(
      `at ${level}, tightened in root and network: what that decides is held`,
      async () => {
        const tightening = { readOnlyRoot: true, network: 'none' } as const;
        const agentId = `drill-tight-${level}`;
        const spec = await harness.spec({ agentId, generation: 1, behaviour: 'idle', level, tightening });
        await harness.pool.start(spec);
        expect(await harness.pool.attest(spec)).toMatchObject({ attested: 'matched' });
        const decided = DRILL_CASES.filter(
          (one) => one.tightenedBy !== undefined || one.id === 'fs-tmp-write',
        );
        const rows = await runDrill({
          pool: harness.pool,
          ref: spec,
          cases: decided,
          facts: { ...range.facts(level, MEMORY), tightening },
        });
        expect(idsOf(rows, 'pass')).toHaveLength(decided.length);
        expect(decided.length).toBeGreaterThan(9);
        await harness.pool.stop(spec, { graceMs: 2_000, reason: 'test' });
      },
      120_000,
    );
  }

  docker.test(
    'positive control: in a container without isolation each of these actions succeeds, and the drill fails it',
    async () => {
      const label = `control-${harness.ownerId}`;
      const agentRoot = join(harness.root, 'agents', 'control');
      await mkdir(join(agentRoot, '.config'), { recursive: true });
      for (const zone of ['workspace', 'profiles', '.sessions', '.logs', '.state']) {
        await mkdir(join(agentRoot, zone), { recursive: true });
      }
      await writeFile(join(agentRoot, '.config', 'agent.json'), '{}');
      const facts = { ...range.facts('sandboxed', 64 * 1024 ** 2), neighbour };
      try {
        const bare = await startBare(label, harness, agentRoot, {});
        const onHost = await startBare(label, harness, agentRoot, { NetworkMode: 'host', PidMode: 'host' });
        const proven = DRILL_CASES.filter(
          (drill) => drill.control && EVERY_LEVEL.every((level) => drill.expect[level] === 'blocked'),
        );
        // These look at the network or the processes of the host itself; switching `lo` off is not for the host.
        const needsHost = new Set(['net-loopback', 'net-neighbour', 'net-abstract', 'proc-hostpids']);
        const run = (id: string, cases: readonly DrillCase[]): Promise<readonly DrillRow[]> =>
          runDrill({ pool: bareExec(id), ref: { agentId: 'control', generation: 1 }, cases, facts });
        const rows = [
          ...(await run(
            bare,
            proven.filter(({ id }) => !needsHost.has(id)),
          )),
          ...(await run(
            onHost,
            proven.filter(({ id }) => needsHost.has(id)),
          )),
        ];
        const release = [DRILL_PROBE_PATH, 'ioctl', '/agent/workspace', '0x40086602', 'z:8'];
        await bareExec(bare).exec?.({ agentId: 'control', generation: 1 }, release);
        expect(
          rows.filter(({ actual }) => actual !== 'allowed').map(({ id, detail }) => `${id}: ${detail}`),
        ).toEqual([]);
        expect(rows.length).toBeGreaterThan(30);
        expect(rows.every(({ verdict }) => verdict === 'fail')).toBe(true);
        process.stdout.write(`drill control: ${rows.length} actions seen to succeed without isolation\n`);
      } finally {
        await removeLabelled(label);
      }
    },
    300_000,
  );
});

function bareExec(engineId: string): Pick<AgentPool, 'exec'> {
  const engine = new Engine(parseEngine(), 60_000);
  return { exec: (_ref, command, options = {}) => execIn(engine, { engineId, command, options }) };
}

/** Everything that the levels take away is there: rights, filter, masks, writable mounts, the host's paths. */
async function startBare(
  label: string,
  harness: DockerHarness,
  agentRoot: string,
  host: NonNullable<ContainerCreateOptions['HostConfig']>,
): Promise<string> {
  const socketDir = join(harness.root, 'run', 'control');
  await mkdir(socketDir, { recursive: true });
  await writeFile(join(socketDir, 'link.sock'), '');
  const neighbourDir = join(harness.root, 'agents', 'neighbour');
  const neighbourSockets = join(harness.root, 'run', 'neighbour');
  const container = await rawEngine.createContainer({
    Image: harness.options.image,
    Entrypoint: [],
    Cmd: ['sh', '-c', 'mkdir -p /mnt; while :; do sleep 1; done'],
    User: '0:0',
    Env: ['API_TOKEN=for-the-control'],
    Labels: { [TEST_LABEL]: label },
    HostConfig: {
      NetworkMode: 'none',
      // All that this host's own root has.
      CapAdd: [
        'SYS_ADMIN',
        'SYS_PTRACE',
        'NET_ADMIN',
        'SYSLOG',
        'SYS_NICE',
        'LINUX_IMMUTABLE',
        'DAC_READ_SEARCH',
      ],
      SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
      MaskedPaths: [],
      ReadonlyPaths: [],
      ShmSize: 256 * 1024 ** 2,
      Binds: [
        `${agentRoot}:/agent`,
        // A mount of its own, as the cover is one.
        `${agentRoot}/.config:/agent/.config`,
        `${socketDir}:/run/clawforce`,
        `${neighbourDir}:${neighbourDir}`,
        `${neighbourDir}:/a2`,
        `${neighbourSockets}:${neighbourSockets}`,
        '/var/run/docker.sock:/var/run/docker.sock',
      ],
      ...host,
    },
  });
  await container.start();
  return container.id;
}
