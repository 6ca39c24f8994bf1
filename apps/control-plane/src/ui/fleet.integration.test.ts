import { connect as connectTcp, type Socket as TcpSocket } from 'node:net';
import { io, type Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestPlane, until, type TestPlane } from '../server/testing/test-plane.js';

let test: TestPlane;
let count = 0;
const open: Socket[] = [];
const connections: TcpSocket[] = [];

beforeAll(async () => {
  test = await startTestPlane({ env: { CLAWFORCE_MAX_LEVEL: 'privileged' } });
});
afterEach(() => {
  for (const socket of open.splice(0)) socket.disconnect();
  for (const socket of connections.splice(0)) socket.destroy();
});
afterAll(() => test.remove());

interface Frame {
  readonly agent?: { readonly id: string; readonly name: string };
  readonly cursor?: string;
  readonly rule?: string;
}
type Heard = [string, Frame][];

interface Person {
  readonly id: string;
  readonly token: string;
}

async function signedIn(role: 'viewer' | 'admin' | 'superadmin' = 'admin'): Promise<Person> {
  count += 1;
  const name = `fleet-${count}`;
  return { id: await test.user(name, role), token: (await test.login(name)).access };
}

async function created(person: Person, name = 'agent'): Promise<string> {
  const { status, body } = await test.call('POST', '/api/agents', { token: person.token, body: { name } });
  expect(status).toBe(201);
  return body.id as string;
}

async function browser({ token }: Person): Promise<{
  socket: Socket;
  heard: Heard;
  watch: (after?: unknown) => Promise<Record<string, unknown>>;
}> {
  const { ticket } = (await test.call('POST', '/api/auth/stream-token', { token })).body;
  const socket = io(`${test.url}/ui`, {
    path: '/api/control/ws',
    transports: ['websocket'],
    auth: { ticket },
    forceNew: true,
    reconnection: false,
  });
  open.push(socket);
  const heard: Heard = [];
  socket.onAny((name: string, body: Frame) => heard.push([name, body]));
  await new Promise((resolve, reject) =>
    socket.once('connect', () => resolve(1)).once('connect_error', reject),
  );
  return {
    socket,
    heard,
    watch: (after) => socket.timeout(5000).emitWithAck('watch_fleet', after === undefined ? {} : { after }),
  };
}

async function refuse(agent: string, rule: string): Promise<void> {
  const event = await test.core.storage.events.record(agent, {
    event_type: 'policy_decision',
    record: {
      id: crypto.randomUUID(),
      agent_id: agent,
      session_key: 's',
      actor: 'model',
      tool: 'exec',
      time: '',
      decision: {
        effect: 'deny',
        layer: 'syntax',
        rule,
        reason: 'Because.',
        hint: 'Do so.',
        input: 'x',
        policyDigest: 'd',
        trace: [],
      },
    },
  });
  test.core.feed.publish(agent, { kind: 'event', event });
}

const names = (heard: Heard): string[] => heard.map(([name]) => name);
const rules = (heard: Heard): string[] =>
  heard.filter(([name]) => name === 'refusal').map(([, body]) => body.rule ?? '');

describe('watching the fleet', () => {
  it('brings new agents, changes, refusals and removals of what the caller may see, and nothing else', async () => {
    const [mine, other, root] = [await signedIn(), await signedIn(), await signedIn('superadmin')];
    const [own, foreign, all] = [await browser(mine), await browser(other), await browser(root)];
    for (const { watch } of [own, foreign, all])
      expect(await watch()).toMatchObject({ ok: true, gap: false });
    const agent = await created(mine, 'first name');
    await until('the new agent', () => own.heard.find(([, body]) => body.agent?.name === 'first name'));
    await refuse(agent, 'shell.syntax.pipe');
    await until('the refusal', () => rules(own.heard).length > 0);
    expect(own.heard.find(([name]) => name === 'refusal')?.[1]).toMatchObject({
      agent_id: agent,
      tool: 'exec',
      effect: 'deny',
      layer: 'syntax',
      reason: 'Because.',
      hint: 'Do so.',
    });
    const { body } = await test.call('GET', `/api/agents/${agent}`, { token: mine.token });
    expect(body).toMatchObject({
      refusals_last_hour: 1,
      last_refusal: { rule: 'shell.syntax.pipe' },
      unsafe: [],
    });
    await test.call('PUT', `/api/agents/${agent}`, { token: mine.token, body: { name: 'second name' } });
    await until('the change', () => own.heard.find(([, change]) => change.agent?.name === 'second name'));
    await test.call('DELETE', `/api/agents/${agent}`, { token: mine.token });
    await until('the removal', () => names(own.heard).includes('agent_removed'));
    await until('the removal for the superadmin', () => names(all.heard).includes('agent_removed'));
    expect(rules(all.heard)).toEqual(['shell.syntax.pipe']);
    expect(foreign.heard).toEqual([]);
  });

  it('tells of a change of the settings: no watcher goes on showing the old level as the present one', async () => {
    const mine = await signedIn('superadmin');
    const agent = await created(mine);
    const { socket, heard, watch } = await browser(mine);
    expect(await watch()).toMatchObject({ ok: true });
    expect(await socket.timeout(5000).emitWithAck('watch', { agent_id: agent })).toMatchObject({ ok: true });
    const saved = await test.call('PATCH', `/api/agents/${agent}/config`, {
      token: mine.token,
      body: { tools: { ssrf_protection: false }, security: { docker: { level: 'privileged' } } },
    });
    expect(saved.status).toBe(200);
    const unsafe = ['security.docker.level', 'tools.ssrf_protection'];
    const tells = (name: string) =>
      heard.some(([frame, body]) => {
        const view = (frame === 'agent' ? body.agent : body) as Record<string, unknown> | undefined;
        return (
          frame === name &&
          view?.['id'] === agent &&
          view['level'] === 'privileged' &&
          JSON.stringify(view['unsafe']) === JSON.stringify(unsafe)
        );
      });
    await until('the frames', () => tells('agent') && tells('status'));
  });

  it('moves an agent that is given to somebody else from one to the other', async () => {
    const [before, after, root] = [await signedIn(), await signedIn(), await signedIn('superadmin')];
    const agent = await created(before);
    const [loser, winner, all] = [await browser(before), await browser(after), await browser(root)];
    for (const { watch } of [loser, winner, all]) await watch();
    await test.call('PUT', `/api/agents/${agent}`, { token: root.token, body: { owner_user_id: after.id } });
    await until('the loss', () => names(loser.heard).includes('agent_removed'));
    await until('the gain', () => winner.heard.find(([, body]) => body.agent?.id === agent));
    await refuse(agent, 'after.the.move');
    await until('the refusal', () => rules(winner.heard).includes('after.the.move'));
    await until('the refusal for all', () => rules(all.heard).includes('after.the.move'));
    expect(rules(loser.heard)).toEqual([]);
    expect(names(all.heard)).not.toContain('agent_removed');
  });

  it('resumes behind the cursor: what was missed comes once and in order, of others nothing', async () => {
    const [mine, other] = [await signedIn(), await signedIn()];
    const [agent, foreign] = [await created(mine), await created(other)];
    const first = await browser(mine);
    await first.watch();
    await refuse(agent, 'seen');
    await until('the refusal', () => rules(first.heard).includes('seen'));
    const cursor = first.heard.at(-1)?.[1].cursor;
    first.socket.disconnect();
    for (let number = 0; number < 50; number += 1) await refuse(agent, `missed.${number}`);
    await refuse(foreign, 'foreign');
    const second = await browser(mine);
    const start = await second.watch(cursor);
    expect(start).toMatchObject({ ok: true, gap: false });
    await refuse(agent, 'live');
    await until('the live one', () => rules(second.heard).includes('live'));
    expect(rules(second.heard)).toEqual([
      ...Array.from({ length: 50 }, (_, number) => `missed.${number}`),
      'live',
    ]);
    const third = await browser(mine);
    await third.watch(start['cursor']);
    await until('the live one again', () => rules(third.heard).includes('live'));
    expect(rules(third.heard)).toEqual(['live']);
  });

  it('says when the cursor is too old, of another run or none', async () => {
    const mine = await signedIn();
    const agent = await created(mine);
    const { watch } = await browser(mine);
    const { cursor } = (await watch()) as { cursor: string };
    for (let number = 0; number < 4100; number += 1) test.core.feed.publish(agent, { kind: 'removed' });
    expect(await watch(cursor)).toMatchObject({ ok: true, gap: true });
    const [run = '', number = ''] = cursor.split('.');
    for (const bad of [`0${run}.${number}`, `${run}.999999999`, `${run}.-1`, `${run}.x`, '', '.'])
      expect([bad, await watch(bad)]).toMatchObject([bad, { ok: true, gap: true }]);
    for (const bad of [7, {}, 'x'.repeat(65)])
      expect(await watch(bad)).toEqual({ ok: false, code: 'BAD_REQUEST' });
  });
});

describe('what needs attention', () => {
  it('lists failed agents, refusals of the last hour and unsafe settings of what the caller sees', async () => {
    const [mine, other, root] = [await signedIn(), await signedIn(), await signedIn('superadmin')];
    const [agent, foreign] = [await created(mine, 'needs help'), await created(other, 'not mine')];
    await test.core.storage.agents.setStatus(agent, { status: 'failed', reason: 'It broke.' });
    for (const id of [agent, foreign]) for (const rule of ['r.one', 'r.two', 'r.two']) await refuse(id, rule);
    const saved = await test.call('PATCH', `/api/agents/${agent}/config`, {
      token: root.token,
      body: { tools: { ssrf_protection: false }, security: { docker: { level: 'privileged' } } },
    });
    expect(saved.status).toBe(200);
    const { status, body } = await test.call('GET', '/api/now', { token: mine.token });
    expect(status).toBe(200);
    expect(body.agents).toMatchObject({ failed: 1, running: 0 });
    expect(body.failed).toMatchObject([
      { id: agent, reason: 'It broke.', unsafe: ['security.docker.level', 'tools.ssrf_protection'] },
    ]);
    expect(body.disconnected).toEqual([]);
    expect(body.refusals).toMatchObject({
      total: 3,
      by_rule: [
        { rule: 'r.two', count: 2 },
        { rule: 'r.one', count: 1 },
      ],
    });
    expect(body.refusals.items.map((item: { agent_name: string }) => item.agent_name)).toEqual(
      Array.from({ length: 3 }, () => 'needs help'),
    );
    const unsafe = body.unsafe as { scope: string; setting: string; agent_id?: string }[];
    expect(unsafe.filter(({ scope }) => scope === 'server').map(({ setting }) => setting)).toEqual([
      'CLAWFORCE_MAX_LEVEL',
      'ADMIN_RUNTIME_BACKEND',
    ]);
    expect(unsafe.filter(({ scope }) => scope === 'agent').map(({ agent_id }) => agent_id)).toEqual([
      agent,
      agent,
    ]);
    expect(JSON.stringify(body)).not.toContain('not mine');
    const seen = (await test.call('GET', '/api/now', { token: root.token })).body;
    expect(seen.refusals.total).toBeGreaterThanOrEqual(6);
  });

  it('counts what it does not list: failed agents beyond 100, rules beyond 20', async () => {
    const mine = await signedIn();
    const ids: string[] = [];
    for (let number = 0; number < 101; number += 1) {
      const { id } = await test.core.storage.agents.create({
        name: `lost ${number}`,
        ownerUserId: mine.id,
        mode: 'process',
        level: 'permissive',
      });
      ids.push(id);
      await test.core.storage.agents.setStatus(id, { status: 'failed' });
    }
    for (let number = 0; number < 22; number += 1) await refuse(ids[0] ?? '', `r.${number}`);
    const { body } = await test.call('GET', '/api/now', { token: mine.token });
    expect([body.agents.failed, body.failed.length]).toEqual([101, 100]);
    expect(body.refusals).toMatchObject({ total: 22, counted: 22, rules: 22 });
    expect([body.refusals.items.length, body.refusals.by_rule.length]).toEqual([22, 20]);
  });

  it('finds agents by status, name and owner', async () => {
    const mine = await signedIn();
    const [one, two] = [await created(mine, 'Alpha build'), await created(mine, 'beta')];
    await test.core.storage.agents.setStatus(two, { status: 'failed' });
    const ids = async (query: string): Promise<string[]> =>
      (await test.call('GET', `/api/agents?${query}`, { token: mine.token })).body.items.map(
        (item: { id: string }) => item.id,
      );
    expect(await ids('status=failed,disconnected')).toEqual([two]);
    expect(await ids('q=alpha')).toEqual([one]);
    expect(await ids(`owner=${mine.id}`)).toHaveLength(2);
    expect((await test.call('GET', '/api/agents?status=broken', { token: mine.token })).status).toBe(400);
  });
});

describe('a reader that does not read', () => {
  it('is cut off before what waits for it fills the memory, and the others are not', async () => {
    const mine = await signedIn();
    const agent = await created(mine);
    const [slow, quick] = [await browser(mine), await browser(mine)];
    for (const { socket } of [slow, quick])
      expect(await socket.timeout(5000).emitWithAck('watch', { agent_id: agent })).toMatchObject({
        ok: true,
      });
    const transport = slow.socket.io.engine.transport as unknown as { ws: { _socket: TcpSocket } };
    transport.ws._socket.pause();
    const text = 'x'.repeat(64 * 1024);
    const total = 1024;
    for (let number = 0; number < total; number += 1) {
      test.core.feed.publish(agent, { kind: 'delta', delta: { session_key: 's', turn_id: 't', text } });
      if (number % 8 === 0) await until('the quick reader', () => quick.heard.length >= number);
    }
    const gone = new Promise((resolve) => slow.socket.once('disconnect', resolve));
    transport.ws._socket.resume();
    expect(await gone).toMatch(/transport/);
    expect(slow.heard.length).toBeLessThan(total / 2);
    await until('everything', () => quick.heard.length === total);
    expect(quick.socket.connected).toBe(true);
  });
});

describe('connections without a ticket', () => {
  const upgrade = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(test.url);
      const socket = connectTcp(Number(port), hostname === 'localhost' ? '127.0.0.1' : hostname);
      connections.push(socket);
      socket.once('error', reject);
      socket.once('data', (data) => resolve(data.toString().split('\r\n', 1)[0] ?? ''));
      socket.write(
        [
          'GET /api/control/ws/?EIO=4&transport=websocket HTTP/1.1',
          `host: ${hostname}:${port}`,
          'connection: upgrade',
          'upgrade: websocket',
          'sec-websocket-version: 13',
          `sec-websocket-key: ${Buffer.alloc(16, connections.length).toString('base64')}`,
          '\r\n',
        ].join('\r\n'),
      );
    });

  it('are at most twenty of one address, and a place is free again when one is gone or signed in', async () => {
    const mine = await signedIn();
    const answers: string[] = [];
    for (let number = 0; number < 25; number += 1) answers.push(await upgrade());
    expect(answers.filter((line) => line.includes(' 101 '))).toHaveLength(20);
    expect(answers.slice(20).every((line) => / 40[03] /.test(line))).toBe(true);
    for (const socket of connections.splice(0)) socket.destroy();
    await until('a free place', async () => (await upgrade()).includes(' 101 '));
    for (let number = 0; number < 30; number += 1) await browser(mine);
    expect(open.every((socket) => socket.connected)).toBe(true);
  });
});
