import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { createLogger } from 'winston';
import { requires } from '../../../../tools/host/host-test.js';
import { bundleProgram, type BundledProgram } from '../server/testing/bundle-program.js';
import {
  callPlane,
  endPlane,
  forkPlane,
  processesIn,
  type ForkedPlane,
} from '../server/testing/forked-plane.js';
import { until } from '../server/testing/test-plane.js';
import { WorkerLogs } from '../log/worker-log.js';
import { endProcesses } from '../server/process-pool.js';
import { readSettings } from '../settings/index.js';
import { openStorage } from '../storage/index.js';
import { AgentFiles } from './agent-files.js';

/** What the agent does in its turn: a command that waits for a file of the operator, then its answer. */
const SCRIPT = {
  turns: [
    {
      steps: [
        { say: 'I wait.', calls: [{ tool: 'exec', args: { command: 'node wait.cjs' } }] },
        { say: 'It said: {{ results.exec }}' },
      ],
    },
  ],
};
const WAIT = `
  const { existsSync, writeFileSync } = require('node:fs');
  writeFileSync('began', '');
  setInterval(() => {
    if (!existsSync('go')) return;
    console.log('finished');
    process.exit(0);
  }, 50);`;

let program: BundledProgram;
let dataDir: string;
let plane: ForkedPlane | undefined;
beforeEach(async () => {
  program = await bundleProgram('crash-plane.ts');
  dataDir = await mkdtemp(join(tmpdir(), 'adopt-'));
});
afterEach(async () => {
  if (plane) await endPlane(plane, 'SIGTERM');
  plane = undefined;
  await program.remove();
  await rm(dataDir, { recursive: true, force: true });
});

async function next(workers?: 'real'): Promise<ForkedPlane> {
  // How commands are confined is not the point here.
  plane = await forkPlane(program.path, dataDir, { workers, env: { CLAWFORCE_UNCONFINED_EXEC: '1' } });
  return plane;
}

async function kill(): Promise<void> {
  if (plane) await endPlane(plane, 'SIGKILL');
  plane = undefined;
}

/** Asks a server behind a unix socket; gives its status and the rule of a refusal. */
function askSocket(
  socketPath: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number | undefined; rule: string | undefined }> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, headers, agent: false }, (response) => {
      response.resume();
      const rule = response.headers['x-clawforce-rule'];
      resolve({ status: response.statusCode, rule: typeof rule === 'string' ? rule : undefined });
    })
      .once('error', reject)
      .end();
  });
}

const statusOf = (at: ForkedPlane, id: string): Promise<Record<string, unknown>> =>
  callPlane(at, 'GET', `/api/agents/${id}/status`);

requires('linux').test(
  'a worker process whose control plane is killed in the middle of a turn finishes it under the next one',
  async () => {
    const first = await next('real');
    const { id } = (await callPlane(first, 'POST', '/api/agents', { name: 'test' })) as { id: string };
    await callPlane(first, 'PATCH', `/api/agents/${id}/config`, {
      agents: { defaults: { model: 'script/any' } },
      providers: { script: { kind: 'scripted', script: JSON.stringify(SCRIPT) } },
    });
    const home = join(dataDir, 'agents', id);
    await callPlane(first, 'POST', `/api/agents/${id}/start`);
    await until('running', async () => (await statusOf(first, id))['status'] === 'running', 60_000);
    await writeFile(join(home, 'workspace', 'wait.cjs'), WAIT);
    const before = await statusOf(first, id);
    const workers = processesIn(home);
    expect(workers).toHaveLength(1);
    const { id: message } = await callPlane(first, 'POST', `/api/agents/${id}/messages`, { text: 'go on' });
    await until('the turn', () => stat(join(home, 'workspace', 'began')).catch(() => undefined), 60_000);
    await kill();
    const second = await next('real');
    // The command of the turn runs still; its end brings the next model call, over the new control plane, which may come
    // before the link does: then it is held until the worker was looked at.
    await writeFile(join(home, 'workspace', 'go'), '');
    await until('running again', async () => (await statusOf(second, id))['status'] === 'running', 60_000);
    expect(processesIn(home)).toEqual(workers);
    const { epoch, level, attested } = await statusOf(second, id);
    expect({ epoch, level, attested }).toEqual({
      epoch: before['epoch'],
      level: 'permissive',
      attested: 'none',
    });
    const done = await until(
      'the answer',
      async () => {
        const found = await callPlane(second, 'GET', `/api/agents/${id}/messages/${String(message)}`);
        return found['state'] !== 'delivered' && found['state'] !== 'queued' && found;
      },
      60_000,
    );
    expect(done).toMatchObject({ state: 'done', error: null });
    expect(JSON.stringify(done['result'])).toContain('It said: finished');
    const audit = JSON.stringify(await callPlane(second, 'GET', `/api/audit?agent_id=${id}&limit=100`));
    expect(audit).toContain('"adopt"');
    // It is the operator's to end like any other.
    expect(await callPlane(second, 'POST', `/api/agents/${id}/stop`)).toMatchObject({ status: 'stopped' });
    expect(processesIn(home)).toEqual([]);
  },
  180_000,
);

requires('linux').test(
  'a worker that is not wanted like this any more is ended within ten seconds: stopped, removed, of another generation or specification',
  async () => {
    const first = await next();
    const ids: string[] = [];
    for (const name of ['stopped', 'removed', 'newer', 'changed', 'wanted']) {
      const { id } = (await callPlane(first, 'POST', '/api/agents', { name })) as { id: string };
      await callPlane(first, 'POST', `/api/agents/${id}/start`);
      ids.push(id);
    }
    for (const id of ids)
      await until('running', async () => (await statusOf(first, id))['status'] === 'running', 60_000);
    const before = ids.map((id) => processesIn(join(dataDir, 'agents', id)));
    expect(before.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1]);
    await kill();
    const [stopped = '', removed = '', newer = '', changed = '', wanted = ''] = ids;
    const storage = await openStorage(`file:${join(dataDir, 'admin', 'clawforce.db')}`);
    await storage.agents.setDesired(stopped, 'stopped');
    await storage.agents.remove(removed);
    await rm(join(dataDir, 'agents', removed), { recursive: true });
    await storage.agents.nextGeneration(newer);
    const { generation, workerSpec } = (await storage.agents.get(changed)) ?? {};
    const spec = JSON.parse(workerSpec ?? '') as { env: Record<string, string> };
    const other = { ...spec, env: { ...spec.env, AGENT_LOG_LEVEL: 'debug' } };
    await storage.agents.setWorkerSpec(changed, generation ?? 0, JSON.stringify(other));
    await storage.close();

    const second = await next();
    const [goesOn] = before.splice(-1);
    const old = before.flat();
    const left = (): readonly string[] => old.filter((pid) => existsSync(join('/proc', pid)));
    await until('none of them', () => left().length === 0, 10_000);
    for (const id of [newer, changed, wanted])
      await until('the new worker', async () => (await statusOf(second, id))['status'] === 'running', 60_000);
    expect(ids.map((id) => processesIn(join(dataDir, 'agents', id)).length)).toEqual([0, 0, 1, 1, 1]);
    // The one that is wanted as it is goes on, with what it printed before in sight.
    expect(processesIn(join(dataDir, 'agents', wanted))).toEqual(goesOn);
    const lines = JSON.stringify(await callPlane(second, 'GET', `/api/agents/${wanted}/process-logs`));
    expect(lines).toContain('behaviour: honest');

    expect(existsSync(join(dataDir, 'agents', removed))).toBe(false);
    // What it printed under the first, and that it called in vain while nobody was there.
    const log = join(dataDir, 'agents', stopped, '.logs', 'worker.log');
    await until(
      'everything that it printed',
      async () => {
        const text = await readFile(log, 'utf8');
        return [' stdout behaviour: honest\n', ' stdout welcome\n', ' stderr '].every((part) =>
          text.includes(part),
        );
      },
      60_000,
    );
    const audit = JSON.stringify(await callPlane(second, 'GET', '/api/audit?limit=100'));
    expect(audit).toContain('orphan_ended');
  },
  180_000,
);

requires('linux').test(
  'a worker that stays away from its link after a restart has neither models nor web, until it was looked at again',
  async () => {
    const first = await next();
    const { id } = (await callPlane(first, 'POST', '/api/agents', { name: 'away' })) as { id: string };
    const home = join(dataDir, 'agents', id);
    await writeFile(join(home, 'workspace', 'behaviour'), 'stays-away');
    await callPlane(first, 'POST', `/api/agents/${id}/start`);
    const secret = await until(
      'its secret',
      async () => (await readFile(join(home, 'workspace', 'secret'), 'utf8').catch(() => '')) || undefined,
      60_000,
    );
    // Where models and web end is of no importance: a route that does not exist tells that the door is open.
    const socket = (name: string): string => join(dataDir, 'run', id, name);
    const models = async (bearer: string): Promise<number | undefined> =>
      (await askSocket(socket('broker.sock'), '/nothing', { authorization: `Bearer ${bearer}` })).status;
    const web = async (): Promise<string | undefined> =>
      (await askSocket(socket('egress.sock'), 'http://10.0.0.1/')).rule;
    expect([await models(secret), await web()]).toEqual([404, 'net.address.private']);
    await kill();
    const second = await next();
    expect(await statusOf(second, id)).toMatchObject({ status: 'disconnected', attested: 'none' });
    let answered = false;
    const held = models(secret).finally(() => (answered = true));
    expect(await web()).toBe('net.proxy.no-policy');
    // Behind it on the same listener: another secret is refused at once, this one is held.
    for (let round = 0; round < 5; round += 1) expect(await models('x'.repeat(43))).toBe(401);
    expect(answered).toBe(false);
    await writeFile(join(home, 'workspace', 'come-back'), '');
    expect(await held).toBe(404);
    expect(await web()).toBe('net.address.private');
    await until('running again', async () => (await statusOf(second, id))['status'] === 'running', 60_000);
  },
  120_000,
);

requires('linux').test(
  'workers that run as processes are ended when the next control plane opens another backend',
  async () => {
    const first = await next();
    const { id } = (await callPlane(first, 'POST', '/api/agents', { name: 'left' })) as { id: string };
    await callPlane(first, 'POST', `/api/agents/${id}/start`);
    await until('running', async () => (await statusOf(first, id))['status'] === 'running', 60_000);
    const home = join(dataDir, 'agents', id);
    expect(processesIn(home)).toHaveLength(1);
    await kill();
    const settings = readSettings({
      env: { ADMIN_STORAGE_ROOT: dataDir, AGENT_RUNTIME_DIR: join(dataDir, 'run') },
      flags: {},
    });
    const storage = await openStorage(settings.databaseUrl);
    const files = new AgentFiles(dataDir, { allowDetectOnly: false });
    try {
      // The owner of the workers of tests.
      await storage.settings.set('installation.id', 'test');
      const warned: string[] = [];
      await endProcesses(
        { settings, storage, workerLogs: new WorkerLogs(files, (error) => warned.push(String(error))) },
        { app: createLogger({ silent: true }) },
      );
      expect(processesIn(home)).toEqual([]);
      expect(warned).toEqual([]);
    } finally {
      await files.close();
      await storage.close();
    }
  },
  120_000,
);
