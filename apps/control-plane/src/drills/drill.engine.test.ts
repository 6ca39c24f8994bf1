import { mkdtemp, rm } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DRILL_CASES } from '@clawforce/pool-core/drill';
import { requires } from '../../../../tools/host/host-test.js';
import { testWorkerImage } from '../../../../tools/host/test-image.js';
import { buildNpmWorkerImage, type NpmWorkerImage } from '../../../../tools/host/npm-worker-image.js';
import { runCli } from '../cli/run-cli.js';
import type { AttestWorker } from '../agents/attest-worker.js';
import { startTestPlane, until, type TestPlane } from '../server/testing/test-plane.js';
import { openWeakeningEngine } from '../server/testing/weakening-engine.js';
import type { DrillReport, DrillRow } from './drill-report.js';

let dataDir: string;
let test: TestPlane;
let token: string;

async function start(options: Parameters<typeof startTestPlane>[0]): Promise<void> {
  test = await startTestPlane({ dataDir, timing: { connectMs: 60_000 }, ...options });
  await test.user('root', 'superadmin');
  token = (await test.login('root')).access;
}
const inContainers = async (env: Record<string, string> = {}, attest?: AttestWorker): Promise<void> =>
  start({
    docker: attest ? { attest } : {},
    env: { ADMIN_RUNTIME_BACKEND: 'docker', AGENT_IMAGE: await testWorkerImage(), ...env },
  });

/** What a call of the command line on this server's admin socket gave. */
async function cli(...words: string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  try {
    return { code: await runCli([...words, '--data-dir', dataDir]), out };
  } finally {
    spy.mockRestore();
  }
}

async function drill(body: object): Promise<DrillReport> {
  const begun = await test.call('POST', '/api/drills', { token, body });
  expect(begun.status).toBe(202);
  return until(
    'the end of the drill',
    async () => {
      const { body: report } = await test.call('GET', `/api/drills/${begun.body.id as string}`, { token });
      return report.state === 'done' && (report as DrillReport);
    },
    420_000,
  );
}
/** Makes an agent that differs from the defaults; gives its id. */
async function makeAgent(name: string, config: object): Promise<string> {
  const { body } = await test.call('POST', '/api/agents', { token, body: { name } });
  const id = body.id as string;
  const path = `/api/agents/${id}/config`;
  expect((await test.call('PATCH', path, { token, body: config })).status).toBe(200);
  return id;
}
/** What `drill run` prints for a person. */
function expectTable(out: string, report: DrillReport): void {
  expect(out).toMatch(/layer.*case.*what was tried.*expected.*found.*verdict/);
  for (const { id, verdict } of report.rows)
    expect(out).toMatch(new RegExp(`${id} .*${verdict.toUpperCase()}`));
  for (const [part, { name, version }] of Object.entries(report.versions ?? {}))
    expect(out).toContain(`${part}: ${name} ${version}`);
  expect(out).toContain(`Level ${report.level}, attested: ${report.attested}`);
  const { verdict, passed, failed, informed } = report;
  expect(out).toContain(
    `${verdict.toUpperCase()}: ${passed} as expected, ${failed} not, ${informed} for information.`,
  );
}
const failures = ({ rows, reason }: DrillReport): unknown[] => [
  ...(reason === undefined ? [] : [reason]),
  ...rows
    .filter(({ verdict }) => verdict === 'fail')
    .map(({ id, expected, actual, detail }) => [id, expected, actual, detail]),
];
const rowOf = ({ rows }: DrillReport, id: string): DrillRow | undefined => rows.find((row) => row.id === id);

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'drill-'));
});
afterEach(async () => {
  await test.stop();
  await rm(dataDir, { recursive: true, force: true });
});

requires('docker', 'root', 'cc').describe('a drill in a container', () => {
  let byNpm: NpmWorkerImage | undefined;
  afterAll(() => byNpm?.remove());

  it.each([
    ['of a level, sandboxed, in the image of this version', 'sandboxed', false],
    [
      'of an agent, permissive, in an image that the README of the worker shows, by npm install --global',
      'permissive',
      true,
    ],
  ])(
    '%s: everything is held, everything that must work does, and nothing is left',
    async (_title, level, custom) => {
      if (custom) byNpm = await buildNpmWorkerImage();
      await inContainers(byNpm ? { AGENT_IMAGE: byNpm.tag } : {});
      expect((await test.call('GET', '/api/runtime/info', { token })).body.custom_image).toBe(custom);
      const agentId = custom
        ? await makeAgent('guarded', {
            security: { docker: { level, pids_limit: 300, read_only: true, network_mode: 'none' } },
          })
        : null;
      const { code, out } = await cli(
        'drill',
        'run',
        ...(custom ? ['--agent', 'guarded'] : ['--level', level, '--json']),
      );
      const [report] = (await test.call('GET', '/api/drills', { token })).body.items as [DrillReport];
      expect(failures(report)).toEqual([]);
      // What continuous integration goes by.
      expect(code).toBe(0);
      if (custom) expectTable(out, report);
      else expect(JSON.parse(out)).toEqual(report);
      expect(report).toMatchObject({ verdict: 'pass', attested: 'matched', backend: 'docker', level });
      expect(report.agent_id).toBe(agentId);
      expect(report.rows).toHaveLength(report.planned);
      // What the level admits, and the overrides of the agent take away.
      if (custom)
        for (const id of ['net-route', 'fs-var-tmp'])
          expect(rowOf(report, id), id).toMatchObject({ expected: 'blocked', actual: 'blocked' });
      expect(report.engine).toMatch(/docker .*runc .*kernel /);
      expect(report.versions).toEqual({
        engine: { name: 'docker', version: expect.stringMatching(/^\d+\.\d+/) as string },
        runtime: { name: 'runc', version: expect.stringMatching(/^\d+\.\d+/) as string },
        kernel: { name: 'linux', version: release() },
      });
      // What an agent would attack at the agent level, each tried by a program that ran.
      for (const id of [
        'cmd-join',
        'cmd-config',
        'cmd-config-edit',
        'cmd-link-plant',
        'cmd-environ',
        'cmd-memory',
        'cmd-ptrace',
        'cmd-unix',
        'cmd-link',
        'cmd-broker',
        'cmd-replace',
      ])
        expect(rowOf(report, id), id).toMatchObject({ actual: 'blocked', verdict: 'pass' });
      expect(rowOf(report, 'cmd-runs')).toMatchObject({ actual: 'allowed' });
      expect(rowOf(report, 'net-neighbour')).toMatchObject({ actual: 'blocked', verdict: 'pass' });
      // The worker's own process was tried, not nothing.
      expect(rowOf(report, 'cmd-environ')?.detail).toMatch(/(?:EACCES|EPERM).*\/proc\/(?!1\/)\d+\/environ/);
      expect(report.rows.filter(({ actual }) => actual === 'not-run')).toEqual([]);
      expect(report.rows.filter(({ layer }) => layer === 'container').length).toBeGreaterThan(80);
      // Of an agent's drill, only the copy ran.
      const { items } = (await test.call('GET', '/api/agents', { token })).body as {
        items: { id: string; name: string; status: string }[];
      };
      expect(items.filter(({ name }) => name.startsWith('drill'))).toEqual([]);
      expect(items.map(({ status }) => status)).toEqual(items.map(() => 'stopped'));
      expect(await test.docker().list()).toEqual([]);
      const verdict = await until('the verdict in the audit log', async () => {
        const { body } = await test.call('GET', '/api/audit?kind=drill', { token });
        const text = JSON.stringify(body.items);
        return text.includes('pass') && text;
      });
      // Every attempt that was held is there by name.
      for (const { id, actual } of report.rows) if (actual === 'blocked') expect(verdict).toContain(id);
    },
    480_000,
  );

  it('weaker than its level: the drill fails by what the look finds, and by what the attempts do where nobody looks', async () => {
    const engine = await openWeakeningEngine(join(dataDir, 'engine.sock'), {
      ReadonlyRootfs: false,
      SecurityOpt: ['seccomp=unconfined'],
    });
    try {
      let looks = true;
      await inContainers({ DOCKER_HOST: engine.address, CLAWFORCE_MAX_LEVEL: 'sandboxed' }, (spec) =>
        looks
          ? test.docker().attest(spec)
          : Promise.resolve({ attested: 'matched', differences: [], reason: 'nobody looked' }),
      );
      const seen = await cli('drill', 'run', '--json');
      const refused = JSON.parse(seen.out) as DrillReport;
      expect(seen.code).toBe(1);
      expect(refused).toMatchObject({ verdict: 'fail', level: 'sandboxed', rows: [] });
      for (const field of ['readOnlyRoot', 'seccomp', 'noNewPrivileges'])
        expect(refused.reason).toContain(field);
      looks = false;
      const { code, out } = await cli('drill', 'run');
      expect(code).toBe(1);
      const [report] = (await test.call('GET', '/api/drills', { token })).body.items as [DrillReport];
      expectTable(out, report);
      expect(report).toMatchObject({ verdict: 'fail', level: 'sandboxed', attested: 'matched' });
      expect(report.reason).toBeUndefined();
      // Each wall that is missing, by a case that got through; what others hold is held.
      const through = report.rows.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id);
      for (const id of ['fs-var-tmp', 'priv-nnp', 'priv-seccomp', 'sys-ptrace']) {
        expect(rowOf(report, id), id).toMatchObject({ expected: 'blocked', actual: 'allowed' });
        expect(through).toContain(id);
      }
      for (const id of ['priv-caps', 'net-route', 'res-forks', 'cmd-environ', 'gate-traversal'])
        expect(rowOf(report, id), id).toMatchObject({ actual: 'blocked', verdict: 'pass' });
      expect(engine.weakened()).toBe(2);
      const trail = await until('both verdicts in the audit log', async () => {
        const { items } = (await test.call('GET', '/api/audit?kind=drill', { token })).body as {
          items: { event: { event: string; detail: string } }[];
        };
        return items.length === 2 && items.map(({ event }) => event);
      });
      expect(trail.map(({ event }) => event)).toEqual(['fail', 'fail']);
      const named = trail.map(({ detail }) => (JSON.parse(detail) as { failures: string[] }).failures);
      expect(named).toEqual(expect.arrayContaining([[], through]));
    } finally {
      await test.stop();
      await engine.close();
    }
  }, 240_000);

  it('at privileged: what the level gives is told and not judged, the rest is held', async () => {
    await inContainers({ CLAWFORCE_MAX_LEVEL: 'privileged' });
    const report = await drill({ level: 'privileged' });
    expect(failures(report)).toEqual([]);
    expect(report).toMatchObject({ verdict: 'pass', attested: 'matched', level: 'privileged' });
    expect(report.rows).toHaveLength(report.planned);
    expect(report.rows.filter(({ actual }) => actual === 'not-run')).toEqual([]);
    expect(rowOf(report, 'cmd-environ')).toMatchObject({ expected: 'any', verdict: 'info' });
  }, 480_000);

  it('above the maximum of this server fails with the reason, and starts nothing', async () => {
    await inContainers();
    const report = await drill({ level: 'privileged' });
    expect(report).toMatchObject({ verdict: 'fail', rows: [] });
    expect(report.reason).toContain('above this server');
    expect(await test.docker().list()).toEqual([]);
  });
});

describe('a drill on the process pool whose commands nothing confines', () => {
  it('fails what a command can do to the worker, and does to the host none of what is never done there', async () => {
    await start({ realWorkers: 'without-confiner', env: { CLAWFORCE_UNCONFINED_EXEC: '1' } });
    const report = await drill({});
    // The real sockets were dialled, not paths that only a container has.
    for (const id of ['cmd-link', 'cmd-broker'])
      expect(rowOf(report, id), id).toMatchObject({ actual: 'allowed', verdict: 'fail' });
    // Spent and removed by now, which no wall did.
    expect(rowOf(report, 'cmd-join')).toMatchObject({ actual: 'not-run', verdict: 'fail' });
    expect(rowOf(report, 'cmd-join')?.detail).toContain(join(dataDir, 'run'));
    for (const id of ['cmd-replace', 'cmd-system']) {
      expect(rowOf(report, id), id).toMatchObject({ actual: 'not-run', verdict: 'fail' });
      expect(rowOf(report, id)?.detail).toContain('nothing confines commands');
    }
    expect(rowOf(report, 'cmd-runs')).toMatchObject({ actual: 'allowed', verdict: 'pass' });
  }, 120_000);
});

describe('a drill on the process pool', () => {
  beforeEach(() => start({ realWorkers: true }));

  requires('bwrap').test(
    'on the command line is a table with the versions, and exit code 1 for continuous integration',
    async () => {
      const { code, out } = await cli('drill', 'run');
      expect(code).toBe(1);
      expect(out).toMatch(/container.*mnt-tmpfs.*blocked.*not-run.*FAIL/);
      expect(out).toMatch(/policy.*gate-traversal.*blocked.*blocked.*PASS/);
      expect(out).toContain(`kernel: linux ${release()}`);
      expect(out).toContain(`engine: node-child-process ${process.versions.node}`);
      const [report] = (await test.call('GET', '/api/drills', { token })).body.items as [DrillReport];
      expectTable(out, report);
      expect(report).toMatchObject({ state: 'done', verdict: 'fail', backend: 'process', attested: 'none' });
      // What no container holds is a failure, never skipped, and is not executed.
      const inContainer = report.rows.filter(({ layer }) => layer === 'container');
      expect(inContainer.length).toBe(DRILL_CASES.length);
      for (const row of inContainer) {
        expect(row).toMatchObject({ actual: 'not-run', verdict: 'fail', tookMs: 0 });
        expect(row.detail).toContain('not isolated, not run');
      }
      // Of the cases that are never executed on a host, also those that a container allows.
      for (const id of ['ctl-own-socket', 'fs-tmp-fill', 'fs-tmp-inodes', 'fs-agent-fill'])
        expect(rowOf(report, id), id).toMatchObject({ expected: 'allowed', verdict: 'fail' });
      // Commands are confined on this host: the walls hold the real sockets.
      for (const id of ['cmd-link', 'cmd-broker', 'cmd-replace', 'cmd-join', 'cmd-system'])
        expect(rowOf(report, id), id).toMatchObject({ actual: 'blocked', verdict: 'pass' });
      expect(report.versions).toMatchObject({
        engine: { name: 'node-child-process', version: process.versions.node },
        kernel: { name: 'linux', version: release() },
      });
      expect(report.planned).toBe(report.rows.length);
      // The list leaves rows out where they are not wanted; a report is found by its whole identifier only.
      const [listed] = (await test.call('GET', '/api/drills?rows=false', { token })).body.items;
      expect(listed).toEqual({ ...report, rows: [] });
      const tail = await test.call('GET', `/api/drills/${report.id.split('-').at(-1) ?? ''}`, { token });
      expect(tail.status).toBe(404);
    },
  );

  requires('bwrap').test(
    'of an agent, by its name, tries what its own policy holds; JSON is the whole report, and the agent is left alone',
    async () => {
      const fetch = { exceptions: [{ address: '127.0.0.1', port: 8080 }] };
      const id = await makeAgent('guarded', {
        tools: { exec: { policy: { mode: 'deny_all' } }, web: { fetch } },
      });
      const { code, out } = await cli('drill', 'run', '--agent', 'guarded', '--json');
      const report = JSON.parse(out) as DrillReport;
      expect(code).toBe(1);
      expect(report).toMatchObject({ state: 'done', verdict: 'fail', agent_id: id, level: 'permissive' });
      expect((await test.call('GET', `/api/drills/${report.id}`, { token })).body).toEqual(report);
      // This agent may run nothing at all, which the drill of a level does not find.
      expect(rowOf(report, 'cmd-runs')).toMatchObject({
        expected: 'allowed',
        actual: 'not-run',
        verdict: 'fail',
        detail: 'refused before it ran: shell.mode.deny-all',
      });
      expect(rowOf(report, 'gate-read')).toMatchObject({ actual: 'allowed', verdict: 'pass' });
      // And it may ask a service of this host, whether one listens there or not.
      expect(rowOf(report, 'gate-loopback')).toMatchObject({ expected: 'blocked', verdict: 'fail' });
      expect(rowOf(report, 'gate-private')).toMatchObject({ actual: 'blocked', verdict: 'pass' });
      expect(await test.core.storage.agents.get(id)).toMatchObject({ status: 'stopped', generation: 0 });
      const unknown = await cli('drill', 'run', '--agent', 'nobody', '--json');
      expect(unknown.code).toBe(1);
      expect((await test.call('GET', '/api/drills', { token })).body.items).toHaveLength(1);
    },
  );

  it('is for superadmins unless it is about an own agent', async () => {
    await test.user('ada', 'admin');
    const { access } = await test.login('ada');
    const begun = await test.call('POST', '/api/drills', { token: access, body: {} });
    expect([begun.status, begun.body.code]).toEqual([403, 'FORBIDDEN']);
    const { body: foreign } = await test.call('POST', '/api/agents', { token, body: { name: 'foreign' } });
    const other = await test.call('POST', '/api/drills', { token: access, body: { agent_id: foreign.id } });
    expect(other.status).toBe(404);
    expect((await test.call('GET', '/api/drills', { token: access })).body.items).toEqual([]);
  });
});
