import type { AuditEvent } from '@clawforce/audit-log';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStorage, type Storage } from '../storage/index.js';
import { sqliteDatabase, type TestDatabase } from '../storage/testing/test-storage.js';
import { ChainedAuditTrail } from './chained-audit-trail.js';

let database: TestDatabase;
let storage: Storage;
let lines: string[];
let failures: unknown[];
beforeEach(async () => {
  database = await sqliteDatabase();
  storage = await openStorage(database.url, { cursorKey: Buffer.alloc(32, 7) });
  lines = [];
  failures = [];
});
afterEach(async () => {
  await storage.close();
  await database.remove();
});

const event = (detail: string): AuditEvent => ({
  kind: 'auth_event',
  event: 'login',
  user_id: null,
  ip: '127.0.0.1',
  success: true,
  detail,
  timestamp: new Date().toISOString(),
});
const trailOver = (over: Storage): ChainedAuditTrail =>
  new ChainedAuditTrail({
    storage: over,
    line: (written) => lines.push(String((written as { detail?: unknown }).detail)),
    onFailure: (error) => failures.push(error),
  });
const stored = async (): Promise<unknown[]> => {
  const { items } = await storage.auditQuery.list('all', { limit: 200 });
  return items.map((row) => (row.event as { detail?: unknown }).detail).reverse();
};
/** The storage with transactions that fail while `broken` says so. */
function breakable(broken: () => boolean): Storage {
  return new Proxy(storage, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const bound = (value as (...args: unknown[]) => unknown).bind(target);
      if (name !== 'transaction') return bound;
      return (...args: unknown[]) => (broken() ? Promise.reject(new Error('disk full')) : bound(...args));
    },
  });
}

describe('a single event', () => {
  it('of a change that is rolled back is in neither, and of one that commits is in both', async () => {
    const trail = trailOver(storage);
    const undone = storage.transaction(async (tx) => {
      await trail.record(event('undone'), tx);
      throw new Error('changed my mind');
    });
    await expect(undone).rejects.toThrow('changed my mind');
    await storage.transaction(async (tx) => {
      await trail.record(event('done'), tx);
      expect(lines).toEqual([]);
    });
    expect(lines).toEqual(['done']);
    expect(await stored()).toEqual(['done']);
  });

  it('is in the store and in the log file once record resolves', async () => {
    await trailOver(storage).record(event('one'));
    expect(await stored()).toEqual(['one']);
    expect(lines).toEqual(['one']);
  });

  it('is rolled back together with the change it speaks of', async () => {
    const trail = trailOver(storage);
    const change = storage.transaction(async (tx) => {
      await trail.record(event('with the change'), tx);
      throw new Error('the change failed');
    });
    await expect(change).rejects.toThrow('the change failed');
    expect(await stored()).toEqual([]);
  });

  it('that cannot be written fails the change: no change without a record', async () => {
    const trail = trailOver(breakable(() => true));
    await expect(trail.record(event('x'))).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE', status: 503 });
    expect([lines, failures.length]).toEqual([[], 1]);
  });
});

describe('bulk events', () => {
  it('are written in their order, in batches, also when thousands come at once', async () => {
    const trail = trailOver(storage);
    const names = Array.from({ length: 1_050 }, (_, n) => String(n));
    for (const name of names) trail.enqueue(event(name));
    await trail.close();
    expect(lines).toEqual(names);
    expect((await stored()).slice(-200)).toEqual(names.slice(-200));
    expect(trail.dropped).toBe(0);
  });

  it('are written without anybody asking', async () => {
    trailOver(storage).enqueue(event('soon'));
    await expect.poll(() => lines).toEqual(['soon']);
  });

  it('survive a store that fails for a while, without doubles and without a flood of failures', async () => {
    let broken = true;
    const trail = trailOver(breakable(() => broken));
    const names = Array.from({ length: 450 }, (_, n) => String(n));
    for (const name of names) trail.enqueue(event(name));
    await trail.flush();
    expect(lines).toEqual([]);
    expect(failures.length).toBeLessThan(10);
    broken = false;
    await trail.close();
    expect(lines).toEqual(names);
  });

  it('that the store will never take do not hold up others: a worker wants to silence the audit', async () => {
    const trail = trailOver(storage);
    const poison = { ...event('x'), timestamp: 'yesterday' };
    for (const one of [
      event('a'),
      poison as AuditEvent,
      { kind: 'party' } as unknown as AuditEvent,
      event('b'),
    ])
      trail.enqueue(one);
    await trail.close();
    expect(await stored()).toEqual(['a', 'b']);
    expect([trail.dropped, failures.length]).toEqual([2, 2]);
  });

  it('that cannot be written at the end are counted, and closing does not hang', async () => {
    const trail = trailOver(breakable(() => true));
    trail.enqueue(event('lost'));
    await trail.close();
    expect(trail.dropped).toBe(1);
  });
});

it('a hijacked worker that floods the log to push out what others did loses only its own events, and that is told', async () => {
  let broken = true;
  const trail = trailOver(breakable(() => broken));
  const denied = (agent: string, n: number): AuditEvent => ({
    kind: 'token_event',
    event: 'link_refused',
    agent_id: agent,
    detail: `${agent} ${n}`,
    timestamp: new Date().toISOString(),
  });
  trail.enqueue(denied('victim', 1));
  for (let n = 0; n < 30_000; n += 1) trail.enqueue(denied('flooder', n));
  trail.enqueue(denied('victim', 2));
  broken = false;
  await trail.close();
  expect(lines.filter((line) => line.startsWith('victim'))).toEqual(['victim 1', 'victim 2']);
  expect(lines.filter((line) => line.startsWith('flooder'))).toHaveLength(500);
  expect(lines.some((line) => line.startsWith('29500 events of this agent'))).toBe(true);
});

it('an agent that floods the log with refused requests pushes out neither its decisions nor those that got somewhere', async () => {
  let broken = true;
  const written: AuditEvent[] = [];
  const trail = new ChainedAuditTrail({
    storage: breakable(() => broken),
    line: (event) => written.push(event),
    onFailure: () => undefined,
  });
  const timestamp = new Date().toISOString();
  const egress = (host: string, chosen: string | null): AuditEvent => ({
    ...{ kind: 'egress', agent_id: 'flooder', purpose: 'command', method: 'CONNECT', host, port: 443 },
    ...{ resolved: [], chosen, effect: chosen === null ? 'deny' : 'allow' },
    ...{ rule: 'net.allow', bytes: 0, ms: 1, timestamp },
  });
  for (let n = 0; n < 30_000; n += 1) {
    trail.enqueue(egress('refused.example.com', null));
    // As many as an agent may have in a minute.
    if (n % 25 === 0) trail.enqueue(egress(`reached-${n / 25}.example.com`, '93.184.215.14'));
  }
  const decision: AuditEvent = {
    ...{ kind: 'policy_decision', agent_id: 'flooder', actor: 'model', tool: 'exec', effect: 'allow' },
    ...{ rule: 'exec.allow', reason: '', input: 'ls', timestamp },
  };
  const joined: AuditEvent = {
    ...{ kind: 'token_event', event: 'join', agent_id: 'flooder' },
    timestamp,
  };
  for (let n = 0; n < 1_000; n += 1) trail.enqueue(decision);
  trail.enqueue(joined);
  broken = false;
  await trail.close();
  const hosts = written.map((event) => (event.kind === 'egress' ? event.host : ''));
  const reached = hosts.filter((host) => host.startsWith('reached-'));
  expect(reached).toEqual(Array.from({ length: 1_200 }, (_, n) => `reached-${n}.example.com`));
  expect(hosts.filter((host) => host === 'refused.example.com')).toHaveLength(1_000);
  expect(written.filter(({ kind }) => kind === 'policy_decision')).toHaveLength(1_000);
  expect(written).toContainEqual(joined);
});
