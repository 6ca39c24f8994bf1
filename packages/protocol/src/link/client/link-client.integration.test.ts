import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SOCKET_NAMES } from '../../broker/contract.js';
import type { Command, CommandResult, Welcome } from '../frames.js';
import { FakeControlPlane, secretOf } from '../../testing/fake-control-plane.js';
import { testConfig } from '../../testing/worker-config.js';
import {
  CommandError,
  connectLink,
  createMemoryOutbox,
  type Link,
  type LinkNotice,
  type LinkTiming,
  type Outbox,
  type OutboxEntry,
} from './index.js';

const event = (content: string): OutboxEntry => ({
  type: 'activity',
  event: { event_type: 'tool_call', content },
});
const cancel = (id: string): Command => ({ id, kind: 'cancel', session_key: 's' });
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean, what: string, ms = 15_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await sleep(5);
  }
}

describe('connectLink', () => {
  let plane: FakeControlPlane;
  const links: Link[] = [];
  const notices: LinkNotice[] = [];
  const welcomes: { welcome: Welcome; first: boolean }[] = [];
  let ran: string[];

  beforeEach(async () => {
    plane = new FakeControlPlane(testConfig);
    plane.writeJoin();
    notices.length = welcomes.length = 0;
    ran = [];
    await plane.start();
  });
  afterEach(async () => {
    await Promise.all(links.splice(0).map((link) => link.close('test is over', { flushMs: 0 })));
    await plane.dispose();
  });

  function connect(
    options: {
      outbox?: Outbox;
      timing?: Partial<LinkTiming>;
      run?: (command: Command) => Promise<CommandResult>;
      onWelcome?: () => void;
    } = {},
  ): Link {
    const link = connectLink(
      { socketDir: plane.directory },
      {
        outbox: options.outbox ?? createMemoryOutbox(),
        software: { name: 'test', version: '1' },
        timing: { baseMs: 5, maxMs: 40, helloMs: 2_000, ...options.timing },
        handlers: {
          onWelcome: (welcome, first) => {
            welcomes.push({ welcome, first });
            options.onWelcome?.();
          },
          onCommand: async (command) => {
            ran.push(command.id);
            return options.run ? options.run(command) : { kind: 'cancel', cancelled: true };
          },
          onNotice: (notice) => notices.push(notice),
        },
      },
    );
    links.push(link);
    return link;
  }

  it('joins once, resumes with the secret of the last welcome, and leaves nothing on disk', async () => {
    const before = readdirSync(plane.directory);
    const join = readFileSync(path.join(plane.directory, SOCKET_NAMES.join), 'utf8');
    const link = connect();
    await until(() => link.connected, 'connected');
    const first = link.secret;
    // A hello that a busy host answers too late is said again, with the same credential.
    const joined = plane.credentials.length;
    expect(new Set(plane.credentials)).toEqual(new Set(['join']));
    await plane.kill();
    await plane.start();
    // The second welcome: on a busy host the client counts as connected until it notices that it was cut.
    await until(() => welcomes.length === 2 && link.connected, 'connected again');
    expect(new Set(plane.credentials.slice(joined))).toEqual(new Set(['resume']));
    expect(link.secret).not.toBe(first);
    expect(welcomes.map(({ first: isFirst }) => isFirst)).toEqual([true, false]);
    expect(readdirSync(plane.directory).sort()).toEqual(before.sort());
    expect(readFileSync(path.join(plane.directory, SOCKET_NAMES.join), 'utf8')).toBe(join);
    expect(plane.breaches).toEqual([]);
  });

  it('loses, doubles and reorders no event while the control plane is killed 20 times', async () => {
    const outbox = createMemoryOutbox();
    const link = connect({ outbox });
    await until(() => link.connected, 'connected');
    let total = 0;
    let killing = true;
    const producing = (async () => {
      while (killing) {
        await link.append([event(`event ${total}`), event(`event ${total + 1}`)]);
        total += 2;
        if (total % 20 === 0) await sleep(5);
      }
    })();
    for (let kills = 0; kills < 20; kills += 1) {
      const seen = plane.stored.length;
      // Only when something new was stored, so that no kill hits an idle link.
      await until(() => plane.stored.length > seen, 'progress');
      await plane.kill();
      await plane.start();
    }
    killing = false;
    await producing;
    expect(await link.stored(total, 15_000)).toBe(true);
    expect(plane.stored.map(({ seq }) => seq)).toEqual(Array.from({ length: total }, (_, at) => at + 1));
    expect(plane.stored.map((item) => (item.type === 'activity' ? item.event.content : ''))).toEqual(
      Array.from({ length: total }, (_, at) => `event ${at}`),
    );
    await until(() => outbox.lowSeq === total + 1, 'outbox empty');
    expect(total).toBeGreaterThan(200);
    expect(plane.connections).toBeGreaterThanOrEqual(20);
    expect(plane.breaches).toEqual([]);
  });

  it('runs a command once and repeats the recorded answer after every reconnect', async () => {
    const link = connect({
      run: async () => {
        await sleep(150);
        return { kind: 'cancel', cancelled: true };
      },
    });
    await until(() => link.connected, 'connected');
    const report = plane.command(cancel('once'));
    await until(() => ran.length === 1, 'running');
    await plane.kill();
    await plane.start();
    expect(await report).toEqual({ id: 'once', state: 'done', result: { kind: 'cancel', cancelled: true } });
    expect(await plane.command(cancel('once'))).toMatchObject({ state: 'done' });
    expect(ran).toEqual(['once']);
  });

  it('reports a command only when the events that it caused are stored', async () => {
    let hold = true;
    plane.onBatch = () => !hold;
    const link: Link = connect({
      timing: { stallMs: 200 },
      run: async () => {
        await link.append([event('caused')]);
        return { kind: 'cancel', cancelled: false };
      },
    });
    await until(() => link.connected, 'connected');
    const report = plane.command(cancel('c'));
    await sleep(100);
    expect(plane.reports.map(({ state }) => state)).toEqual(['accepted']);
    hold = false;
    await report;
    expect(plane.stored).toHaveLength(1);
  });

  it('connects again and resends when an acknowledgement never comes', async () => {
    let dropped = 0;
    plane.onBatch = () => (dropped += 1) > 1;
    const link = connect({ timing: { stallMs: 100 } });
    await until(() => link.connected, 'connected');
    await link.append([event('a')]);
    expect(await link.stored(1, 5_000)).toBe(true);
    expect(notices.map(({ kind }) => kind)).toContain('stalled');
    expect(plane.connections).toBe(2);
  });

  it('rewinds on a nack', async () => {
    const link = connect();
    await until(() => link.connected, 'connected');
    await link.append([event('1'), event('2'), event('3')]);
    await link.stored(3, 5_000);
    // The store loses its last event: the next batch does not continue the sequence.
    let nacked = false;
    plane.onBatch = (items) => {
      if (nacked) return true;
      nacked = true;
      plane.session?.emit('nack', { expected: items[0]!.seq });
      return false;
    };
    await link.append([event('4')]);
    expect(await link.stored(4, 5_000)).toBe(true);
    expect(plane.stored).toHaveLength(4);
    expect(plane.connections).toBe(1);
  });

  it('never has more unacknowledged events than the credit', async () => {
    plane.welcomeOverrides = { credit: 3 };
    const link = connect();
    await until(() => link.connected, 'connected');
    await link.append(Array.from({ length: 50 }, (_, at) => event(String(at))));
    expect(await link.stored(50, 10_000)).toBe(true);
    expect(plane.largestUnacked).toBeLessThanOrEqual(3);
  });

  it('keeps a batch below 256 KiB and sends a larger event alone', async () => {
    const sizes: number[] = [];
    plane.onBatch = (items) => {
      sizes.push(JSON.stringify({ items }).length);
      return true;
    };
    const link = connect();
    await until(() => link.connected, 'connected');
    const large: OutboxEntry = {
      type: 'session',
      session_key: 's',
      entry: { role: 'tool', content: 'x'.repeat(400_000), turn_id: 't', time: new Date().toISOString() },
    };
    await link.append([...Array.from({ length: 200 }, () => event('y'.repeat(4_000))), large]);
    expect(await link.stored(201, 10_000)).toBe(true);
    expect(sizes.filter((size) => size > 256 * 1024 + 4_200)).toHaveLength(1);
    expect(plane.breaches).toEqual([]);
  });

  it.each([
    [4401, 'token'],
    [4404, 'deleted'],
    [4409, 'fenced'],
    [4426, 'upgrade'],
    [1000, 'released'],
  ] as const)('ends for good on a last frame with code %i', async (code, reason) => {
    const link = connect();
    await until(() => link.connected, 'connected');
    plane.bye({ code, reason: 'told so' });
    expect(await link.ended).toEqual({ reason, message: 'told so' });
    await sleep(60);
    expect(plane.connections).toBe(1);
  });

  it('ends when the handshake is refused with a final code, comes back when it is told to come later', async () => {
    plane.refuse = { code: 4503, reason: 'busy', retry_after_ms: 150 };
    const started = Date.now();
    const link = connect();
    await until(() => notices.some(({ kind }) => kind === 'refused'), 'refused');
    plane.refuse = undefined;
    await until(() => link.connected, 'connected');
    expect(Date.now() - started).toBeGreaterThanOrEqual(145);
    plane.refuse = { code: 4404, reason: 'gone' };
    plane.bye({ code: 4503, reason: 'restart' });
    expect(await link.ended).toEqual({ reason: 'deleted', message: 'gone' });
  });

  it('fences the first instance when a second one joins', async () => {
    const first = connect();
    await until(() => first.connected, 'first');
    plane.writeJoin();
    const second = connect();
    expect(await first.ended).toMatchObject({ reason: 'fenced' });
    await until(() => second.connected, 'second');
  });

  it('ends with a reason when its join credential is used up or missing', async () => {
    plane.writeJoin(secretOf('cfj'));
    const link = connect();
    await until(() => link.connected, 'connected');
    const stolen = connect();
    expect(await stolen.ended).toMatchObject({ reason: 'token' });
    const { directory } = plane;
    await plane.dispose();
    const late = connectLink(
      { socketDir: directory },
      {
        outbox: createMemoryOutbox(),
        software: { name: 't', version: '1' },
        handlers: { onWelcome: () => undefined, onCommand: () => Promise.reject(new Error('never')) },
      },
    );
    expect(await late.ended).toMatchObject({ reason: 'no_credential' });
  });

  it('ends itself when there is no link for longer than the welcome allows', async () => {
    plane.welcomeOverrides = { orphan_ms: 200 };
    const link = connect();
    await until(() => link.connected, 'connected');
    await plane.kill();
    expect(await link.ended).toMatchObject({ reason: 'orphaned' });
    await plane.start();
  });

  it('ends instead of working with a welcome that breaks the contract', async () => {
    plane.welcomeOverrides = { config: { digest: 1 } };
    expect(await connect().ended).toMatchObject({ reason: 'rejected' });
  });

  it('ends when the worker cannot use the configuration of the welcome', async () => {
    const link = connect({
      onWelcome: () => {
        throw new TypeError('option "allow" is bad');
      },
    });
    expect((await link.ended).message).toContain('option "allow" is bad');
  });

  it('answers what it does not understand, and counts what it cannot answer', async () => {
    const link = connect({
      run: (command) =>
        command.kind === 'stop'
          ? Promise.reject(new Error('/secret/path'))
          : Promise.reject(new CommandError('NO', 'no')),
    });
    await until(() => link.connected, 'connected');
    expect(await plane.command({ id: 'x', kind: 'dance' } as never)).toMatchObject({
      error: { code: 'COMMAND_UNKNOWN' },
    });
    expect(await plane.command({ id: 'y', kind: 'tool', args: [] } as never)).toMatchObject({
      error: { code: 'COMMAND_INVALID' },
    });
    expect(await plane.command(cancel('z'))).toMatchObject({ error: { code: 'NO', message: 'no' } });
    const failed = await plane.command({ id: 'w', kind: 'stop', reason: '' });
    expect(failed).toMatchObject({ error: { code: 'INTERNAL' } });
    expect(JSON.stringify(failed)).not.toContain('secret');
    plane.session?.emit('cmd', 'nonsense' as never);
    plane.session?.emit('ack', { seq: -1 });
    plane.session?.emit('ack', { seq: 10_000 });
    (plane.session as { emit(event: string): void } | undefined)?.emit('surprise');
    await until(() => notices.some(({ kind }) => kind === 'unknown_frame'), 'unknown frame');
    expect(notices.filter(({ kind }) => kind === 'invalid_frame')).toHaveLength(2);
    expect(link.connected).toBe(true);
  });

  it('refuses a message of 10 MB with a typed error', async () => {
    const link = connect();
    await until(() => link.connected, 'connected');
    const text = 'x'.repeat(10 * 1024 * 1024);
    const report = await plane.command({
      id: 'big',
      kind: 'message',
      session_key: 's',
      text,
      channel: 'api',
      chat_id: 'c',
      actor: 'user:1',
    });
    expect(report).toMatchObject({ state: 'failed', error: { code: 'MESSAGE_TOO_LARGE' } });
    expect(ran).toEqual([]);
  });

  it('asks the control plane, over the next link if the first one breaks', async () => {
    const link = connect();
    await until(() => link.connected, 'connected');
    const request = { kind: 'history', session_key: 's', limit: 10 } as const;
    expect(await link.request(request)).toEqual({ ok: true, kind: 'history', entries: [] });
    await plane.kill();
    const late = link.request(request, { timeoutMs: 5_000 });
    await plane.start();
    expect(await late).toMatchObject({ ok: true });
    plane.answer = () => ({ ok: true, kind: 'history', entries: [{ role: 'god' }] }) as never;
    expect(await link.request(request)).toMatchObject({ ok: false, code: 'LINK_NONSENSE' });
  });

  it('puts the tokens of a fast model together and drops them without a link', async () => {
    const link = connect();
    await until(() => link.connected, 'connected');
    for (let at = 0; at < 1_000; at += 1) link.delta({ session_key: 's', turn_id: 't', text: 'a' });
    await link.append([event('end')]);
    await link.stored(1, 5_000);
    expect(plane.deltas.join('')).toHaveLength(1_000);
    expect(plane.deltas.length).toBeLessThan(5);
    await plane.kill();
    link.delta({ session_key: 's', turn_id: 't', text: 'lost' });
    await sleep(80);
    await plane.start();
    await until(() => link.connected, 'connected');
    await sleep(80);
    expect(plane.deltas.join('')).not.toContain('lost');
  });

  it('numbers its waiting events anew when the control plane fell back behind what it had acknowledged', async () => {
    const outbox = createMemoryOutbox();
    const link = connect({ outbox });
    await until(() => link.connected, 'connected');
    await link.append([event('1'), event('2'), event('3')]);
    await link.stored(3, 5_000);
    await until(() => outbox.lowSeq === 4, 'trimmed');
    await plane.kill();
    plane.stored.length = 1;
    await link.append([event('4')]);
    await plane.start();
    await until(() => plane.stored.length === 2, 'stored');
    expect(plane.stored.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(notices.map(({ kind }) => kind)).toContain('renumbered');
  });
});
