import { mkdtemp, rm } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DRILL_CASES } from '@clawforce/pool-core/drill';
import { requires } from '../../../../tools/host/host-test.js';
import { testWorkerImage } from '../../../../tools/host/test-image.js';
import { buildNpmWorkerImage, type NpmWorkerImage } from '../../../../tools/host/npm-worker-image.js';
import { runCli } from '../cli/run-cli.js';
import { startTestPlane, until, type TestPlane } from '../server/testing/test-plane.js';
import type { DrillReport, DrillRow } from './drill-report.js';

let dataDir: string;
let test: TestPlane;
let token: string;

async function start(options: Parameters<typeof startTestPlane>[0]): Promise<void> {
  test = await startTestPlane({ dataDir, timing: { connectMs: 60_000 }, ...options });
  await test.user('root', 'superadmin');
  token = (await test.login('root')).access;
}
const inContainers = async (env: Record<string, string> = {}): Promise<void> =>
  start({
    docker: {},
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
    ['sandboxed', 'of this version'],
    ['permissive', 'of one that the README of the worker shows, by npm install --global'],
  ])(
    'at %s, in the image %s: everything is held, everything that must work does, and nothing is left',
    async (level, image) => {
      const custom = image !== 'of this version';
      if (custom) byNpm = await buildNpmWorkerImage();
      await inContainers(byNpm ? { AGENT_IMAGE: byNpm.tag } : {});
      expect((await test.call('GET', '/api/runtime/info', { token })).body.custom_image).toBe(custom);
      const { code, out } = await cli('drill', 'run', '--level', level, '--json');
      const report = JSON.parse(out) as DrillReport;
      expect(failures(report)).toEqual([]);
      // What continuous integration goes by.
      expect(code).toBe(0);
      expect(report).toMatchObject({ verdict: 'pass', attested: 'matched', backend: 'docker', level });
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
      expect((await test.call('GET', '/api/agents', { token })).text).not.toContain('"drill');
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

  it('at privileged: what the level gives is told and not judged, the rest is held', async () => {
    await inContainers({ CLAWFORCE_MAX_LEVEL: 'privileged' });
    const report = await drill({ level: 'privileged' });
    expect(failures(report)).toEqual([]);
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
      expect(out).toMatch(/layer.*case.*what was tried.*expected.*found.*verdict/);
      expect(out).toMatch(/container.*mnt-tmpfs.*blocked.*not-run.*FAIL/);
      expect(out).toMatch(/policy.*gate-traversal.*blocked.*blocked.*PASS/);
      expect(out).toContain(`kernel: linux ${release()}`);
      expect(out).toContain(`engine: node-child-process ${process.versions.node}`);
      expect(out).toMatch(/FAIL: \d+ as expected, \d+ not, 0 for information\./);
      const [report] = (await test.call('GET', '/api/drills', { token })).body.items as [DrillReport];
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
