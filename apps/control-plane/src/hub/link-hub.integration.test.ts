import { LINK_CODES, LINK_PROTOCOL } from '@clawforce/protocol';
import { connectLink, createMemoryOutbox, type Link } from '@clawforce/protocol/link-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NotConnectedError } from './link-hub.js';
import { CommandInterruptedError } from './pending-commands.js';
import { freshSecret, HubHarness, until } from './testing/hub-harness.js';
import { handshake, rawWorker, type RawWorker } from './testing/raw-worker.js';

let harness: HubHarness;
const raws: RawWorker[] = [];
const links: Link[] = [];
beforeEach(() => {
  harness = new HubHarness({ helloTimeoutMs: 500, heartbeatMs: 2_000 });
});
afterEach(async () => {
  for (const raw of raws.splice(0)) raw.close();
  await Promise.all(links.splice(0).map((link) => link.close('test over', { flushMs: 0 })));
  await harness.close();
});

const raw = (...args: Parameters<typeof rawWorker>): RawWorker => {
  const worker = rawWorker(...args);
  raws.push(worker);
  return worker;
};
async function joined(agentId = 'agent-a'): Promise<RawWorker & { resume: string; directory: string }> {
  const { directory, join } = await harness.agent(agentId);
  const worker = raw(directory, handshake('join', join));
  const welcome = await worker.hello();
  return { ...worker, resume: welcome.resume_secret, directory };
}
const activity = (seq: number, content = 'x'): unknown => ({
  seq,
  type: 'activity',
  time: new Date().toISOString(),
  event: { event_type: 'tool_call', content },
});

describe('an honest worker', () => {
  it('joins, delivers events in order, asks for history and streams text', async () => {
    const { directory } = await harness.agent('agent-a');
    const outbox = createMemoryOutbox();
    const link = connectLink(
      { socketDir: directory },
      {
        outbox,
        software: { name: 'test', version: '1' },
        handlers: {
          onWelcome: () => undefined,
          onCommand: () =>
            Promise.resolve({ kind: 'message', text: 'done', turn_id: 't', stopped: 'answered' }),
        },
      },
    );
    links.push(link);
    await until(() => harness.welcomed.length === 1, 'welcomed');
    const seq = await link.append([
      { type: 'activity', event: { event_type: 'tool_call', content: 'one' } },
      { type: 'activity', event: { event_type: 'tool_call', content: 'two' } },
    ] as never);
    expect(await link.stored(seq, 3_000)).toBe(true);
    expect(harness.stored.map(({ agentId, item }) => [agentId, item.seq])).toEqual([
      ['agent-a', seq - 1],
      ['agent-a', seq],
    ]);
    link.delta({ session_key: 's', turn_id: 't', text: 'hello' });
    await until(() => harness.deltas.length === 1, 'a delta');
    expect(await link.request({ kind: 'history', session_key: 's', limit: 5 })).toMatchObject({ ok: true });
    const report = await harness.hub.command('agent-a', message('hi'));
    expect(report).toMatchObject({ state: 'done', result: { kind: 'message', text: 'done' } });
  });

  it('whose connection breaks comes back with its resume secret; the command is run once and answered once', async () => {
    const { directory } = await harness.agent('agent-a');
    let runs = 0;
    let finish = (): void => undefined;
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const link = connectLink(
      { socketDir: directory },
      {
        outbox: createMemoryOutbox(),
        software: { name: 'test', version: '1' },
        timing: { baseMs: 5, maxMs: 20 },
        handlers: {
          onWelcome: () => undefined,
          onCommand: async () => {
            runs += 1;
            await gate;
            return { kind: 'message', text: 'late', turn_id: 't', stopped: 'answered' };
          },
        },
      },
    );
    links.push(link);
    await until(() => harness.welcomed.length === 1, 'welcomed');
    let accepted = 0;
    const report = harness.hub.command('agent-a', message('hi'), { onAccepted: () => (accepted += 1) });
    await until(() => accepted === 1, 'accepted');
    // The wire breaks under the session, without a goodbye.
    for (let breaks = 1; breaks <= 3; breaks += 1) {
      harness.cutWires();
      await until(() => harness.welcomed.length === 1 + breaks, `welcome ${breaks + 1}`);
    }
    finish();
    expect(await report).toMatchObject({ state: 'done', result: { text: 'late' } });
    expect([runs, accepted]).toEqual([1, 1]);
    expect(harness.disconnected).toHaveLength(3);
  });
});

describe('a worker with a credential that is not good', () => {
  it.each([
    ['an invented join credential', () => handshake('join', freshSecret())],
    ['an invented resume secret', () => handshake('resume', freshSecret())],
    ['an agent token, which this socket does not take', () => handshake('token', freshSecret())],
  ])('is refused with 4401: %s', async (_title, auth) => {
    const { directory } = await harness.agent('agent-a');
    const worker = raw(directory, auth());
    expect((await worker.hello()).refused?.code).toBe(LINK_CODES.token);
    expect((await worker.ended)?.code).toBe(LINK_CODES.token);
    expect(harness.welcomed).toEqual([]);
    expect(harness.refused[0]).toMatchObject({ agentId: 'agent-a' });
  });

  it.each([
    ['no handshake', {}],
    ['no credential', { proto: LINK_PROTOCOL, instance: 'x' }],
    ['a credential that is a list', { proto: LINK_PROTOCOL, instance: 'x', credential: [] }],
    [
      'a secret that is an object',
      { proto: LINK_PROTOCOL, instance: 'x', credential: { kind: 'join', secret: {} } },
    ],
    ['a secret of a megabyte', handshake('join', 'x'.repeat(900_000))],
    [
      'an unknown kind',
      { proto: LINK_PROTOCOL, instance: 'x', credential: { kind: 'root', secret: 'x'.repeat(40) } },
    ],
  ])('is refused at the handshake with 4401: %s', async (_title, auth) => {
    const { directory } = await harness.agent('agent-a');
    await expect(raw(directory, auth).connected).rejects.toMatchObject({ data: { code: LINK_CODES.token } });
  });

  it('is told to upgrade when it speaks another version', async () => {
    const { directory, join } = await harness.agent('agent-a');
    const auth = { ...(handshake('join', join) as object), proto: LINK_PROTOCOL + 1 };
    await expect(raw(directory, auth).connected).rejects.toMatchObject({
      data: { code: LINK_CODES.upgrade },
    });
  });

  it('is refused when it uses a join credential a second time', async () => {
    const { directory, join } = await harness.agent('agent-a');
    await raw(directory, handshake('join', join)).hello();
    expect((await raw(directory, handshake('join', join)).hello()).refused?.code).toBe(LINK_CODES.token);
    expect(harness.hub.session('agent-a')?.connected).toBe(true);
  });

  it("is refused at another agent's socket: an attacker who stole a credential cannot become that agent", async () => {
    const victim = await harness.agent('agent-a');
    const attacker = await harness.agent('agent-b');
    const stolen = raw(attacker.directory, handshake('join', victim.join));
    expect((await stolen.hello()).refused?.code).toBe(LINK_CODES.token);
    const session = await joined('agent-a');
    const resumed = raw(attacker.directory, handshake('resume', session.resume));
    expect((await resumed.hello()).refused?.code).toBe(LINK_CODES.token);
    expect(harness.hub.session('agent-b')).toBeUndefined();
  });

  it('cannot enter another namespace', async () => {
    const { directory, join } = await harness.agent('agent-a');
    const worker = raw(directory, handshake('join', join), { namespace: '/ui' });
    await expect(worker.connected).rejects.toThrow(/namespace/i);
  });

  it('cannot be a browser: an Origin header ends the connection', async () => {
    const { directory, join } = await harness.agent('agent-a');
    const worker = raw(directory, handshake('join', join), { headers: { origin: 'https://evil.example' } });
    await expect(worker.connected).rejects.toThrow();
    expect(harness.joins.has(join)).toBe(true);
  });

  it('without a hello in time is sent away', async () => {
    const { directory, join } = await harness.agent('agent-a');
    const worker = raw(directory, handshake('join', join));
    await worker.connected;
    expect((await worker.ended)?.code).toBe(LINK_CODES.token);
  });

  it('is refused with a hello that breaks the contract, and its credential is not used up', async () => {
    const { directory, join } = await harness.agent('agent-a');
    const worker = raw(directory, handshake('join', join));
    expect((await worker.hello({ next_seq: -1 })).refused?.code).toBe(LINK_CODES.upgrade);
    expect(harness.joins.has(join)).toBe(true);
  });
});

describe('the identity of a worker', () => {
  it('is that of its socket, whatever its frames say', async () => {
    const worker = await joined('agent-a');
    await harness.agent('agent-b');
    worker.socket.emit('ev', { items: [activity(1)], agent_id: 'agent-b' });
    worker.socket.emit('delta', { session_key: 's', turn_id: 't', text: 'x' });
    const question = { kind: 'history', session_key: 's', limit: 5 };
    await worker.socket.timeout(1000).emitWithAck('req', question);
    await until(() => harness.deltas.length === 1, 'a delta');
    const ids = [...harness.stored, ...harness.deltas, ...harness.requests].map(({ agentId }) => agentId);
    expect(new Set(ids)).toEqual(new Set(['agent-a']));
  });

  it('moves to a second epoch, and the first is fenced with 4409 and can store nothing more', async () => {
    const first = await joined('agent-a');
    first.socket.emit('ev', { items: [activity(1)] });
    await until(() => harness.stored.length === 1, 'stored');
    const running = harness.hub.command('agent-a', message('hi'));
    const interrupted = expect(running).rejects.toBeInstanceOf(CommandInterruptedError);
    const second = await joined('agent-a');
    expect((await first.ended)?.code).toBe(LINK_CODES.fenced);
    await interrupted;
    const back = raw(first.directory, handshake('resume', first.resume));
    expect((await back.hello()).refused?.code).toBe(LINK_CODES.token);
    expect(harness.hub.authenticate('agent-a', first.resume)).toBe(false);
    expect(harness.hub.authenticate('agent-a', second.resume)).toBe(true);
    expect(harness.stored).toHaveLength(1);
  });

  it('is proven to the broker by its own secret alone', async () => {
    const a = await joined('agent-a');
    const b = await joined('agent-b');
    expect(harness.hub.authenticate('agent-a', a.resume)).toBe(true);
    expect(harness.hub.authenticate('agent-a', b.resume)).toBe(false);
    expect(harness.hub.authenticate('agent-c', a.resume)).toBe(false);
    harness.hub.end('agent-a', LINK_CODES.deleted, 'deleted');
    expect((await a.ended)?.code).toBe(LINK_CODES.deleted);
    expect(harness.hub.authenticate('agent-a', a.resume)).toBe(false);
  });
});

describe('a worker that an earlier control plane welcomed', () => {
  const patient = new AbortController().signal;

  /** The session is taken up as a restarted control plane does it, from the digest that was stored. */
  async function restored(): Promise<Awaited<ReturnType<typeof joined>>> {
    const worker = await joined();
    harness.cutWires();
    harness.hub.restore('agent-a', 1, 1, { newest: harness.resumeDigests[0] });
    return worker;
  }

  it('proves its session, and may not work before it was looked at again', async () => {
    const worker = await restored();
    let look = (): void => undefined;
    const looked = new Promise<void>((resolve) => (look = resolve));
    let asked = false;
    harness.admit = async () => {
      asked = true;
      await looked;
      return { admitted: true };
    };
    const state = (): unknown => [
      harness.hub.authenticate('agent-a', worker.resume),
      harness.hub.admitted('agent-a'),
    ];
    expect(state()).toEqual([true, false]);
    const held = harness.hub.whenAdmitted('agent-a', patient);
    const hello = raw(worker.directory, handshake('resume', worker.resume)).hello();
    await until(() => asked, 'looked at');
    expect(state()).toEqual([true, false]);
    look();
    expect(await held).toBe(true);
    expect((await hello).refused).toBeUndefined();
    expect(state()).toEqual([true, true]);
    // Another break of the wire is none of the control plane: it was looked at.
    harness.cutWires();
    expect(await harness.hub.whenAdmitted('agent-a', patient)).toBe(true);
  });

  it('is not waited for without end, nor when it is refused, ended or gone', async () => {
    await restored();
    const wait = (signal = patient): Promise<boolean> => harness.hub.whenAdmitted('agent-a', signal);
    expect(await harness.hub.session('agent-a')?.whenAdmitted(10, patient)).toBe(false);
    expect(await wait(AbortSignal.timeout(10))).toBe(false);
    const held = wait();
    harness.hub.end('agent-a', LINK_CODES.fenced, 'ended');
    expect(await held).toBe(false);
    expect([await wait(), harness.hub.admitted('agent-a')]).toEqual([false, false]);
  });

  it('that is refused leaves nothing behind, whatever it sent behind its hello', async () => {
    const worker = await restored();
    harness.admit = () => Promise.resolve({ admitted: false, reason: 'not isolated as requested' });
    const again = raw(worker.directory, handshake('resume', worker.resume));
    const hello = again.hello();
    again.socket.emit('ev', { items: [activity(1)] });
    again.socket.emit('delta', { session_key: 's', turn_id: 't', text: 'x' });
    expect((await hello).refused?.code).toBe(LINK_CODES.fenced);
    expect((await again.ended)?.code).toBe(LINK_CODES.fenced);
    expect(harness.hub.admitted('agent-a')).toBe(false);
    expect([harness.stored, harness.deltas]).toEqual([[], []]);
  });
});

describe('the resume secret', () => {
  it('of the welcome before stays good until the new one is used, however many welcomes get lost', async () => {
    const worker = await joined();
    let last = '';
    for (let lost = 0; lost < 4; lost += 1) {
      const retry = raw(worker.directory, handshake('resume', worker.resume));
      last = (await retry.hello()).resume_secret;
      retry.close();
      await retry.ended;
    }
    expect((await raw(worker.directory, handshake('resume', last)).hello()).refused).toBeUndefined();
    const stale = raw(worker.directory, handshake('resume', worker.resume));
    expect((await stale.hello()).refused?.code).toBe(LINK_CODES.token);
  });

  it('goes to the database as a digest only', async () => {
    const worker = await joined();
    expect(harness.resumeDigests).toHaveLength(1);
    expect(harness.resumeDigests[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(harness.resumeDigests[0]).not.toContain(worker.resume);
  });
});

describe('a hostile worker', () => {
  it('that floods the link is sent away with 4429', async () => {
    const worker = await joined();
    for (let n = 0; n < 400; n += 1)
      worker.socket.emit('delta', { session_key: 's', turn_id: 't', text: 'x' });
    expect((await worker.ended)?.code).toBe(LINK_CODES.tooFast);
    expect(harness.deltas.length).toBeLessThanOrEqual(200);
    expect(harness.hub.session('agent-a')).toBeDefined();
  });

  it('that sends faster than the store can write is sent away before memory fills', async () => {
    const worker = await joined();
    let open = (): void => undefined;
    const stuck = new Promise<void>((resolve) => (open = resolve));
    harness.beforeStore = () => stuck;
    const timer = setInterval(() => {
      for (let n = 0; n < 15; n += 1) worker.socket.emit('ev', { items: [activity(1)] });
    }, 100);
    expect((await worker.ended)?.code).toBe(LINK_CODES.tooFast);
    clearInterval(timer);
    open();
    expect(harness.refused.map(({ what }) => what)).toContain('frames faster than they can be stored');
  });

  it.each([
    ['ev', {}],
    ['ev', { items: [] }],
    ['ev', { items: [{ seq: 'x' }] }],
    ['ev', { items: [activity(1), activity(3)] }],
    ['ev', null],
    ['ev', { items: [{ ...(activity(1) as object), event: { event_type: 'root' } }] }],
    ['delta', { text: 1 }],
    ['cmd_ack', { id: 'x', state: 'party' }],
    ['cmd_ack', [[]]],
    ['req', 'no answer wanted'],
    ['hello', {}],
  ])('with a broken %s frame is counted and stays connected: %j', async (name, frame) => {
    const worker = await joined();
    worker.socket.emit(name, frame);
    await until(() => harness.refused.length === 1, 'counted');
    worker.socket.emit('ev', { items: [activity(1)] });
    await until(() => harness.stored.length === 1, 'still served');
    expect(worker.socket.connected).toBe(true);
  });

  it('that sends a thousand broken frames leaves a handful of audit lines', async () => {
    const worker = await joined();
    for (let n = 0; n < 120; n += 1) worker.socket.emit('ev', {});
    await until(() => harness.refused.length === 3, 'counted');
    expect(harness.refused.map(({ what }) => /\d+/.exec(what)?.[0])).toEqual(['1', '10', '100']);
  });

  it('gets no answer to a question before its hello', async () => {
    const { directory, join } = await harness.agent('agent-a');
    const worker = raw(directory, handshake('join', join));
    await worker.connected;
    worker.socket.emit('ev', { items: [activity(1)] });
    const answer: unknown = await worker.socket
      .timeout(1000)
      .emitWithAck('req', { kind: 'history', session_key: 's', limit: 5 });
    expect(answer).toMatchObject({ ok: false });
    expect([harness.stored, harness.requests]).toEqual([[], []]);
  });

  it('whose report cannot be read fails the command instead of leaving its giver waiting', async () => {
    const worker = await joined();
    const report = harness.hub.command('agent-a', message('hi'), { id: 'known-id' });
    worker.socket.emit('cmd_ack', { id: 'known-id', state: 'done', result: { kind: 'party' } });
    expect(await report).toMatchObject({ state: 'failed', error: { code: 'REPORT_INVALID' } });
  });

  it('cannot answer the command of another agent', async () => {
    await joined('agent-a');
    const b = await joined('agent-b');
    let settled = false;
    const command = harness.hub.command('agent-a', message('hi'), { id: 'known-id' });
    command.then(
      () => (settled = true),
      () => (settled = true),
    );
    b.socket.emit('cmd_ack', { id: 'known-id', state: 'done', result: { kind: 'message', text: 'forged' } });
    await b.socket.timeout(1000).emitWithAck('req', { kind: 'history', session_key: 's', limit: 5 });
    expect(settled).toBe(false);
  });
});

describe('a frame larger than a megabyte', () => {
  it('ends the connection, and the session waits for the worker to come back', async () => {
    const worker = await joined();
    worker.socket.emit('delta', { session_key: 's', turn_id: 't', text: 'x'.repeat(1_200_000) });
    await worker.ended;
    await until(() => harness.disconnected.length === 1, 'disconnected');
    const back = raw(worker.directory, handshake('resume', worker.resume));
    expect((await back.hello()).refused).toBeUndefined();
  });
});

describe('trouble inside of the control plane', () => {
  it('in the store ends the connection with 4503; the batch comes again and is stored once', async () => {
    const worker = await joined();
    harness.beforeStore = () => Promise.reject(new Error('disk full'));
    worker.socket.emit('ev', { items: [activity(1)] });
    expect(await worker.ended).toMatchObject({ code: LINK_CODES.retryLater, retry_after_ms: 1000 });
    harness.beforeStore = () => Promise.resolve();
    const back = raw(worker.directory, handshake('resume', worker.resume));
    expect((await back.hello()).ack).toBe(0);
    back.socket.emit('ev', { items: [activity(1)] });
    back.socket.emit('ev', { items: [activity(1)] });
    await until(() => harness.stored.length === 1, 'stored');
  });

  it('a gap in the events is answered with the number that is expected', async () => {
    const worker = await joined();
    const nack = new Promise((resolve) => worker.socket.once('nack', resolve));
    worker.socket.emit('ev', { items: [activity(5)] });
    expect(await nack).toEqual({ expected: 1 });
  });

  it('a worker that goes away during its welcome is not reported as there', async () => {
    const { directory, join } = await harness.agent('agent-a');
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    harness.beforeConfig = () => gate;
    const worker = raw(directory, handshake('join', join));
    await worker.connected;
    void worker.hello().catch(() => undefined);
    await until(() => harness.hub.session('agent-a') !== undefined, 'adopted');
    worker.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    go();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(harness.welcomed).toEqual([]);
    expect(harness.hub.session('agent-a')?.connected).toBe(false);
  });

  it('a command for an agent without a worker is refused at once', async () => {
    await expect(harness.hub.command('nobody', message('x'))).rejects.toBeInstanceOf(NotConnectedError);
  });
});

function message(text: string): Parameters<HubHarness['hub']['command']>[1] {
  return { kind: 'message', session_key: 's', text, channel: 'cli', chat_id: 'c', actor: 'user:1' };
}
