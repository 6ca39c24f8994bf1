import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canTransition } from '@clawforce/pool-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../errors/api-error.js';
import { startTestPlane, until, type Answer, type TestPlane } from '../server/testing/test-plane.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import type { AttestWorker } from './attest-worker.js';
import type { LifecycleTiming } from './lifecycle-parts.js';
import { failureReason } from './start-failure.js';

type Behaviour = 'honest' | 'silent' | 'exits' | 'stubborn' | 'no-landlock';

let dataDir: string;
let test: TestPlane;
let token: string;
/** Where each agent was, and each step of one that pool-core does not know. */
const at = new Map<string, AgentRecord['status']>();
const illegal: string[] = [];

async function start(timing: Partial<LifecycleTiming> = {}, attest?: AttestWorker): Promise<void> {
  test = await startTestPlane({ dataDir, timing: { graceMs: 1000, ...timing }, attest });
  test.core.feed.subscribeAll((id, item) => {
    if (item.kind !== 'status') return;
    const { status } = item.agent;
    const before = at.get(id) ?? 'stopped';
    at.set(id, status);
    if (before !== status && !canTransition(before, status)) illegal.push(`${before} to ${status}`);
  });
  if (!(await test.core.storage.users.findByUsername('root'))) await test.user('root', 'superadmin');
  token = (await test.login('root')).access;
}
const post = (id: string, action: string): Promise<Answer> =>
  test.call('POST', `/api/agents/${id}/${action}`, { token });
const remove = (id: string): Promise<Answer> => test.call('DELETE', `/api/agents/${id}`, { token });

async function agent(behaviour: Behaviour = 'honest', changes: Partial<AgentRecord> = {}): Promise<string> {
  const { storage, files } = test.core;
  const { id } = await storage.agents.create({
    name: 'test',
    ownerUserId: null,
    mode: 'process',
    level: 'permissive',
    ...changes,
  });
  await (await files.workspace(id)).writeFile('behaviour', behaviour);
  return id;
}
async function stored(id: string): Promise<AgentRecord> {
  const found = await test.core.storage.agents.get(id);
  if (!found) throw new Error('no such agent');
  return found;
}
const reaches = (id: string, status: AgentRecord['status']): Promise<AgentRecord> =>
  until(`status ${status}`, async () => {
    const found = await stored(id);
    return found.status === status && found;
  });
/** Processes that run for an agent, as the pool sees them. */
async function workersOf(id: string): Promise<number> {
  return (await test.pool.list()).filter(({ agentId, state }) => agentId === id && state === 'running')
    .length;
}
const socketsOf = (id: string): string => join(dataDir, 'run', id);

/** Numbers from 0 to 1 that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

beforeEach(async () => {
  at.clear();
  illegal.length = 0;
  dataDir = await mkdtemp(join(tmpdir(), 'cp-'));
  await start();
});
afterEach(async () => {
  await test.stop();
  await rm(dataDir, { recursive: true, force: true });
  // Whatever happened to the agents of a test, they went through the state machine.
  expect(illegal).toEqual([]);
});

describe('a worker whose kernel lacks what confines commands', () => {
  it('runs without exec, and the status names the kernel feature, in our words', async () => {
    const id = await agent('no-landlock');
    await post(id, 'start');
    const { statusReason } = await until('the warning', async () => {
      const found = await reaches(id, 'running');
      return found.statusReason !== null && found;
    });
    expect(statusReason).toContain(
      'Commands are refused: this kernel has no Landlock (CONFIG_SECURITY_LANDLOCK, Linux 5.13 or newer).',
    );
    expect(statusReason).not.toContain('a word of its own');
    await post(id, 'stop');
  });
});

describe('a look from outside', () => {
  const audited = (id: string, what: string): Promise<string> =>
    until(`${what} in the audit log`, async () => {
      const { text } = await test.call('GET', `/api/audit?agent_id=${id}&limit=100`, { token });
      return text.includes(what) && text;
    });

  it('ends a worker that differs before it says hello, and the status keeps what was found', async () => {
    await test.stop();
    const differences = [{ field: 'pidsLimit' }];
    const found = { attested: 'mismatched', differences, reason: 'pidsLimit differs' } as const;
    await start({ connectMs: 600_000 }, () => Promise.resolve(found));
    const id = await agent('silent');
    await post(id, 'start');
    const failed = await reaches(id, 'failed');
    expect(failed).toMatchObject({ attested: 'mismatched', desired: 'running' });
    expect(failed.statusReason).toContain('pidsLimit differs');
    expect(await workersOf(id)).toBe(0);
    const audit = await audited(id, 'attestation_mismatched');
    expect(audit.split('attestation_mismatched')).toHaveLength(2);
    expect(audit).toContain(String.raw`\"uid_mode\":\"shared\"`);
    expect((await post(id, 'stop')).body.status).toBe('stopped');
    expect((await stored(id)).attested).toBe('none');
  });

  it('that fails ends the worker, with a row in the audit log', async () => {
    await test.stop();
    await start({ connectMs: 600_000 }, () => Promise.reject(new Error('canary')));
    const id = await agent();
    await post(id, 'start');
    const failed = await reaches(id, 'failed');
    expect(failed).toMatchObject({ attested: 'none' });
    expect(failed.statusReason).toContain('could not be confirmed');
    expect(await workersOf(id)).toBe(0);
    expect(await audited(id, 'attestation_failed')).not.toContain('canary');
  });
});

describe('starting and stopping', () => {
  it('starts a worker, knows when it has joined, and leaves nothing of it behind', async () => {
    const id = await agent();
    const started = await post(id, 'start');
    expect([started.status, started.body.desired]).toEqual([202, 'running']);
    const running = await reaches(id, 'running');
    expect(running).toMatchObject({ generation: 1, epoch: 1, attested: 'none', statusReason: null });
    expect(existsSync(join(socketsOf(id), 'join'))).toBe(false);
    const stopped = await post(id, 'stop');
    expect([stopped.status, stopped.body.status, stopped.body.desired]).toEqual([200, 'stopped', 'stopped']);
    expect(await workersOf(id)).toBe(0);
    expect(existsSync(socketsOf(id))).toBe(false);
  });

  it('does nothing when it is asked for what is there already', async () => {
    const id = await agent();
    expect((await post(id, 'stop')).body.status).toBe('stopped');
    await post(id, 'start');
    await reaches(id, 'running');
    expect((await post(id, 'start')).body.status).toBe('running');
    expect(await stored(id)).toMatchObject({ generation: 1, status: 'running' });
  });

  it('stops a worker that has not joined yet, and gives it no second chance', async () => {
    const id = await agent('silent');
    await post(id, 'start');
    expect((await stored(id)).status).toBe('connecting');
    const stopped = await post(id, 'stop');
    expect(stopped.body).toMatchObject({ status: 'stopped', reason: 'Stopped by the operator.' });
    expect(await workersOf(id)).toBe(0);
    expect(existsSync(socketsOf(id))).toBe(false);
  });

  it('kills a worker that does not end by itself', async () => {
    const id = await agent('stubborn');
    await post(id, 'start');
    await reaches(id, 'running');
    const before = Date.now();
    expect((await post(id, 'stop')).body.status).toBe('stopped');
    expect(Date.now() - before).toBeLessThan(5000);
    expect(await workersOf(id)).toBe(0);
  });

  it('ends 100 random interleavings in the state that was asked for last, with at most one worker', async () => {
    const random = seeded(20_261_124);
    const agents = await Promise.all([agent(), agent(), agent(), agent()]);
    const last = new Map<string, string>();
    const answers: Promise<Answer>[] = [];
    let most = 0;
    for (let round = 0; round < 100; round += 1) {
      const id = agents[Math.floor(random() * agents.length)] ?? '';
      const action = random() < 0.5 ? 'start' : 'stop';
      last.set(id, action);
      answers.push(post(id, action));
      // One request at a time reaches the queue of an agent in the order that it was sent in.
      if (random() < 0.7) await answers.at(-1);
      else await new Promise((resolve) => setTimeout(resolve, 5 + random() * 60));
      for (const one of agents) most = Math.max(most, await workersOf(one));
    }
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status !== 200 && status !== 202)).toEqual([]);
    expect(most).toBe(1);
    for (const [id, action] of last) {
      const want = action === 'start' ? 'running' : 'stopped';
      expect(await reaches(id, want)).toMatchObject({ desired: want });
      expect(await workersOf(id)).toBe(action === 'start' ? 1 : 0);
      expect(existsSync(socketsOf(id))).toBe(action === 'start');
    }
  }, 240_000);
});

describe('a worker that fails', () => {
  it('by exiting at once is reported with its exit code', async () => {
    const id = await agent('exits');
    await post(id, 'start');
    const failed = await reaches(id, 'failed');
    expect(failed.statusReason).toMatch(/^The worker ended unexpectedly: .*3/);
    expect(failed.desired).toBe('running');
    expect(existsSync(socketsOf(id))).toBe(false);
    const events = await test.core.storage.events.tail(id, 10);
    expect(JSON.stringify(events)).toContain('ended unexpectedly');
  });

  it('by never joining is ended and reported with the deadline', async () => {
    await test.stop();
    await start({ connectMs: 700 });
    const id = await agent('silent');
    await post(id, 'start');
    const failed = await reaches(id, 'failed');
    expect(failed.statusReason).toBe(
      'The worker did not connect within 0.7 seconds. The next attempt follows in 60 seconds.',
    );
    expect(await workersOf(id)).toBe(0);
    expect(existsSync(socketsOf(id))).toBe(false);
  });

  it('can be started again', async () => {
    const id = await agent('exits');
    await post(id, 'start');
    await reaches(id, 'failed');
    await (await test.core.files.workspace(id)).writeFile('behaviour', 'honest');
    await post(id, 'start');
    expect(await reaches(id, 'running')).toMatchObject({ generation: 2, statusReason: null });
  });

  it('is started again after a wait that grows, with a new generation, until it works', async () => {
    await test.stop();
    await start({ restartMs: 300 });
    const id = await agent('exits');
    await post(id, 'start');
    const attempts = await until('three attempts', async () => {
      const { generation } = await stored(id);
      return generation >= 3 && generation;
    });
    expect((await reaches(id, 'failed')).statusReason).toMatch(
      / The next attempt follows in [0-9.]+ seconds\.$/,
    );
    await (await test.core.files.workspace(id)).writeFile('behaviour', 'honest');
    const running = await reaches(id, 'running');
    expect(running.generation).toBeGreaterThanOrEqual(attempts);
    expect(await workersOf(id)).toBe(1);
  });

  it('is not started again once the operator has stopped it', async () => {
    await test.stop();
    await start({ restartMs: 400 });
    const id = await agent('exits');
    await post(id, 'start');
    await reaches(id, 'failed');
    expect((await post(id, 'stop')).body.status).toBe('stopped');
    const { generation } = await stored(id);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await stored(id)).toMatchObject({ status: 'stopped', generation });
  });

  it('is started again after somebody else killed it', async () => {
    await test.stop();
    await start({ restartMs: 100 });
    const id = await agent();
    await post(id, 'start');
    await reaches(id, 'running');
    const [worker] = await test.pool.list();
    process.kill(Number(worker?.engineId), 'SIGKILL');
    await until('a second generation', async () => (await stored(id)).generation === 2);
    expect(await reaches(id, 'running')).toMatchObject({ epoch: 2 });
    expect(await workersOf(id)).toBe(1);
  });

  it('interrupts the messages that wait for it', async () => {
    const id = await agent('silent');
    await post(id, 'start');
    const sent = await test.call('POST', `/api/agents/${id}/messages`, { token, body: { text: 'hello' } });
    expect(sent.status).toBe(202);
    await post(id, 'stop');
    const { body } = await test.call('GET', `/api/agents/${id}/messages/${sent.body.id as string}`, {
      token,
    });
    expect(body.state).toBe('interrupted');
  });
});

describe('what the pool runs and nobody wants', () => {
  it('is found and ended, though no event told of it', async () => {
    await test.stop();
    await start({ reconcileMs: 200 });
    const id = await agent();
    await test.pool.start({
      agentId: id,
      generation: 7,
      level: 'permissive',
      agentRoot: test.core.files.directory(id),
      socketDir: join(dataDir, 'run', id),
      env: { AGENT_ROOT: test.core.files.directory(id), AGENT_SOCKET_DIR: join(dataDir, 'run', id) },
      limits: {},
    });
    await until('no worker', async () => (await workersOf(id)) === 0);
    expect(await stored(id)).toMatchObject({ status: 'stopped', generation: 0 });
    // The row says that it has ended, so it comes behind the end.
    await until('the audit row', async () =>
      JSON.stringify((await test.call('GET', `/api/audit?agent_id=${id}`, { token })).body).includes(
        'orphan_ended',
      ),
    );
  });
});

describe('what is not started', () => {
  it('an agent of another backend: BACKEND_MISMATCH, and nothing changes', async () => {
    const id = await agent('honest', { mode: 'docker' });
    const before = await stored(id);
    const { status, body } = await post(id, 'start');
    expect([status, body.code]).toEqual([409, 'BACKEND_MISMATCH']);
    expect(await stored(id)).toEqual(before);
  });

  it('an agent at a level that the pool cannot enforce: LEVEL_UNSUPPORTED, with the reason in its status', async () => {
    const id = await agent('honest', { level: 'sandboxed' });
    const { status, body } = await post(id, 'start');
    expect([status, body.code]).toEqual([409, 'LEVEL_UNSUPPORTED']);
    const failed = await stored(id);
    // The status of a start that nobody saw fail says all that the answer says.
    expect([failed.status, failed.statusReason]).toEqual([
      'failed',
      failureReason(new ApiError('LEVEL_UNSUPPORTED', body.error, { fix: body.fix })),
    ]);
    expect(await workersOf(id)).toBe(0);
    expect(existsSync(socketsOf(id))).toBe(false);
  });

  it('an agent above the maximum of this server, although its level was stored under a higher one', async () => {
    const id = await agent('honest', { level: 'privileged' });
    const { status, body } = await post(id, 'start');
    expect([status, body.code]).toEqual([422, 'LEVEL_EXCEEDS_MAXIMUM']);
    expect((await stored(id)).status).toBe('failed');
  });

  it('an agent that does not exist', async () => {
    expect((await post(crypto.randomUUID(), 'start')).status).toBe(404);
  });
});

describe('removing an agent', () => {
  it('ends its worker and removes its sockets, its directory and its row', async () => {
    const id = await agent();
    await post(id, 'start');
    await reaches(id, 'running');
    expect((await remove(id)).status).toBe(204);
    expect(await workersOf(id)).toBe(0);
    expect(existsSync(socketsOf(id))).toBe(false);
    expect(existsSync(join(dataDir, 'agents', id))).toBe(false);
    expect(await test.core.storage.agents.get(id)).toBeUndefined();
    expect((await remove(id)).status).toBe(404);
  });

  it('leaves no worker behind that is started at the same moment', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = await agent();
      if (round % 2 === 0) await post(id, 'start');
      const [removed, ...starts] = await Promise.all([remove(id), post(id, 'start'), post(id, 'start')]);
      expect(removed.status).toBe(204);
      for (const { status } of starts) expect([202, 404]).toContain(status);
      await until('no worker', async () => (await workersOf(id)) === 0);
      expect(existsSync(socketsOf(id))).toBe(false);
      expect(existsSync(join(dataDir, 'agents', id))).toBe(false);
      expect(await test.core.storage.agents.get(id)).toBeUndefined();
    }
  });

  it('is done once when it is asked for twice', async () => {
    const id = await agent();
    await post(id, 'start');
    const statuses = (await Promise.all([remove(id), remove(id)])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([204, 404]);
  });
});

describe('over a restart of the control plane', () => {
  it('a graceful stop ends every worker within ten seconds and keeps what was wanted', async () => {
    const ids = await Promise.all([agent(), agent('stubborn'), agent('silent')]);
    for (const id of ids) await post(id, 'start');
    await reaches(ids[0], 'running');
    const before = Date.now();
    await test.stop();
    expect(Date.now() - before).toBeLessThan(10_000);
    expect(await readdir(join(dataDir, 'admin', 'pool'))).toEqual([]);
    await start();
    for (const id of ids) expect((await stored(id)).desired).toBe('running');
    await reaches(ids[0], 'running');
  });

  it('only what is to run is started again, each once', async () => {
    const [wanted, stopped, foreign] = await Promise.all([
      agent(),
      agent(),
      agent('honest', { mode: 'docker' }),
    ]);
    await post(wanted, 'start');
    await test.core.storage.agents.setDesired(foreign, 'running');
    await reaches(wanted, 'running');
    await test.stop();
    await start();
    expect(await reaches(wanted, 'running')).toMatchObject({ generation: 2 });
    expect([await workersOf(wanted), await workersOf(stopped), await workersOf(foreign)]).toEqual([1, 0, 0]);
    expect(await stored(stopped)).toMatchObject({ status: 'stopped', desired: 'stopped' });
    expect((await stored(foreign)).statusReason).toContain('docker');
  });

  it('a stop that comes while agents are started again wins', async () => {
    const id = await agent();
    await post(id, 'start');
    await reaches(id, 'running');
    await test.stop();
    await start();
    expect((await post(id, 'stop')).body.status).toBe('stopped');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await stored(id)).toMatchObject({ status: 'stopped', desired: 'stopped' });
    expect(await workersOf(id)).toBe(0);
  });

  it('a start that comes while the server stops leaves no worker behind', async () => {
    const ids = await Promise.all([agent(), agent(), agent()]);
    const starts = ids.map((id) => post(id, 'start').catch(() => 'cut' as const));
    await new Promise((resolve) => setTimeout(resolve, 30));
    await test.stop();
    await Promise.all(starts);
    expect((await test.pool.list()).filter(({ state }) => state === 'running')).toEqual([]);
    expect(await readdir(join(dataDir, 'run'))).toEqual([]);
  });
});
