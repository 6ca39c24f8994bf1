import type { Command, CommandResult, GateRecord } from '@clawforce/protocol';
import { connectLink, createMemoryOutbox, type Link } from '@clawforce/protocol/link-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MessageService } from '../messages/message-service.js';
import { ToolService } from '../agents/tool-service.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import { HubHarness, until, workerConfigOf } from './testing/hub-harness.js';
import { handshake, rawWorker, type RawWorker } from './testing/raw-worker.js';

let harness: HubHarness;
const raws: RawWorker[] = [];
const links: Link[] = [];
beforeEach(() => {
  harness = new HubHarness({ heartbeatMs: 2_000 });
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
async function joined(): Promise<RawWorker & { resume: string; directory: string; got: Command[] }> {
  const { directory, join } = await harness.agent('agent-a');
  const worker = raw(directory, handshake('join', join));
  const got: Command[] = [];
  worker.socket.on('cmd', (command: Command) => got.push(command));
  const welcome = await worker.hello();
  return { ...worker, resume: welcome.resume_secret, directory, got };
}
/** Comes back after a disconnection and gives the first commands up to a `stop` that is given last. */
async function told(worker: { directory: string; resume: string }): Promise<string[]> {
  harness.hub.command('agent-a', { kind: 'stop', reason: 'the last' }).catch(() => undefined);
  const kinds: string[] = [];
  const back = raw(worker.directory, handshake('resume', worker.resume));
  back.socket.on('cmd', ({ kind }: Command) => kinds.push(kind));
  await back.hello();
  await until(() => kinds.includes('stop'), 'the last command');
  return kinds;
}

describe('a worker that does not answer', () => {
  const messages = (): MessageService =>
    new MessageService({
      storage: undefined as never,
      feed: undefined as never,
      hub: harness.hub,
      log: () => undefined,
      cancelMs: 100,
    });

  it('does not hold a cancel: it ends with AGENT_TIMEOUT and is not sent again', async () => {
    const worker = await joined();
    await expect(messages().cancel('agent-a', 's')).rejects.toMatchObject({ code: 'AGENT_TIMEOUT' });
    await until(() => worker.got.length === 1, 'it came to the worker');
    expect(worker.got).toMatchObject([{ kind: 'cancel', session_key: 's' }]);
    worker.close();
    await until(() => harness.disconnected.length === 1, 'disconnected');
    expect(await told(worker)).toEqual(['stop']);
  });

  it('and one that answers gets its cancel through', async () => {
    const worker = await joined();
    worker.socket.on('cmd', ({ id }: Command) =>
      worker.socket.emit('cmd_ack', { id, state: 'done', result: { kind: 'cancel', cancelled: true } }),
    );
    const patient = new MessageService({
      storage: undefined as never,
      feed: undefined as never,
      hub: harness.hub,
      log: () => undefined,
    });
    expect(await patient.cancel('agent-a', 's')).toBe(true);
  });
});

describe("an operator's tool", () => {
  const agent = { id: 'agent-a' } as AgentRecord;
  const services = (execTimeoutS: number): ToolService =>
    new ToolService({
      hub: () => harness.hub,
      files: undefined as never,
      workerConfig: () => Promise.reject(new Error('not asked')),
      execTimeoutS: () => Promise.resolve(execTimeoutS),
      patience: { answerMs: 100, graceMs: 200 },
    });
  const run = (tool: string, signal: AbortSignal, execTimeoutS = 1): ReturnType<ToolService['run']> =>
    services(execTimeoutS).run(agent, tool, {}, 'user:1', signal);
  const never = new AbortController().signal;

  it('that takes too long is cancelled in the worker, that call alone, and is not sent again', async () => {
    const worker = await joined();
    await expect(run('read_file', never)).rejects.toMatchObject({ code: 'AGENT_TIMEOUT' });
    await until(() => worker.got.length === 2, 'the cancel');
    const [call, cancel] = worker.got;
    expect(call).toMatchObject({ kind: 'tool', tool: 'read_file', session_key: 'operator:user:1' });
    expect(cancel).toMatchObject({ kind: 'cancel', session_key: 'operator:user:1', call_id: call?.id });
    worker.close();
    await until(() => harness.disconnected.length === 1, 'disconnected');
    // The cancel has no answer yet: the worker may have missed it.
    expect(await told(worker)).toEqual(['cancel', 'stop']);
  });

  it('whose caller leaves is cancelled in the worker', async () => {
    const worker = await joined();
    const caller = new AbortController();
    const running = run('exec', caller.signal, 3_600);
    const refused = expect(running).rejects.toMatchObject({ code: 'AGENT_TIMEOUT' });
    await until(() => worker.got.length === 1, 'the call');
    caller.abort();
    await refused;
    await until(() => worker.got.length === 2, 'the cancel');
    expect(worker.got[1]).toMatchObject({ kind: 'cancel', call_id: worker.got[0]?.id });
  });

  it('whose caller has left already is not sent at all', async () => {
    const worker = await joined();
    await expect(run('exec', AbortSignal.abort())).rejects.toMatchObject({ code: 'AGENT_TIMEOUT' });
    worker.close();
    await until(() => harness.disconnected.length === 1, 'disconnected');
    expect(await told(worker)).toEqual(['stop']);
    expect(worker.got).toEqual([]);
  });

  it('that is a command is waited for as long as the command may run, and its result arrives', async () => {
    const worker = await joined();
    const running = run('exec', never, 3_600);
    await until(() => worker.got.length === 1, 'the call');
    // Longer than any other tool is waited for here.
    await new Promise((resolve) => setTimeout(resolve, 500));
    worker.socket.emit('cmd_ack', {
      id: worker.got[0]?.id,
      state: 'done',
      result: { kind: 'tool', status: 'ok', output: 'late', record },
    });
    expect(await running).toMatchObject({ status: 'ok', output: 'late' });
    expect(worker.got).toHaveLength(1);
  });

  it('that is a command is given up after its timeout and a little more', async () => {
    const worker = await joined();
    await expect(run('exec', never, 1)).rejects.toMatchObject({
      code: 'AGENT_TIMEOUT',
      message: expect.stringContaining('within 1.2 seconds'),
    });
    await until(() => worker.got.length === 2, 'the cancel');
  });
});

describe('an answer of 200,000 characters that are six bytes each', () => {
  it.each(['message', 'tool'] as const)('reaches the giver of a %s over one connection', async (kind) => {
    const { directory } = await harness.agent('agent-a');
    const text = '\u0001'.repeat(200_000);
    const result: CommandResult =
      kind === 'message'
        ? { kind, text, turn_id: 't', stopped: 'answered' }
        : { kind, status: 'ok', output: text, record };
    const link = connectLink(
      { socketDir: directory },
      {
        outbox: createMemoryOutbox(),
        software: { name: 'test', version: '1' },
        timing: { baseMs: 5, maxMs: 20 },
        handlers: { onWelcome: () => undefined, onCommand: () => Promise.resolve(result) },
      },
    );
    links.push(link);
    await until(() => harness.welcomed.length === 1, 'welcomed');
    const answered = await harness.hub.command(
      'agent-a',
      kind === 'message'
        ? { kind, session_key: 's', text: 'hi', channel: 'cli', chat_id: 'c', actor: 'user:1' }
        : { kind, session_key: 's', tool: 'read_file', args: {}, actor: 'user:1' },
    );
    const end = /^\u0001{50000,}\n\[cut: 200000 characters in all\]$/;
    expect(answered.result).toMatchObject(
      kind === 'message' ? { text: expect.stringMatching(end) } : { output: expect.stringMatching(end) },
    );
    expect([harness.welcomed, harness.disconnected]).toEqual([['agent-a'], []]);
  });
});

describe('configurations without a confirmation, after a reconnect', () => {
  /** What a worker that comes back is told, in order. */
  async function comesBack(worker: { directory: string; resume: string }): Promise<string[]> {
    const told: string[] = [];
    const back = raw(worker.directory, handshake('resume', worker.resume));
    back.socket.on('cmd', (command: Command) =>
      told.push(command.kind === 'configure' ? command.config.digest : command.kind),
    );
    await back.hello().then(({ config }) => told.unshift(`welcome ${config.digest}`));
    await until(() => told.includes('stop'), 'the last command');
    return told;
  }
  const configure = (digest: string): ReturnType<HubHarness['hub']['command']> =>
    harness.hub.command('agent-a', { kind: 'configure', config: workerConfigOf('agent-a', digest) });

  it('are not sent when the welcome carries a newer one, so that no older one is in force for a moment', async () => {
    const worker = await joined();
    const [older, newest] = [configure('loose'), configure('strict')];
    newest.catch(() => undefined);
    harness.hub.command('agent-a', { kind: 'stop', reason: 'the last' }).catch(() => undefined);
    worker.close();
    await until(() => harness.disconnected.length === 1, 'disconnected');
    harness.digest = 'strict';
    expect(await comesBack(worker)).toEqual(['welcome strict', 'strict', 'stop']);
    expect(await older).toMatchObject({ state: 'failed', error: { code: 'SUPERSEDED' } });
  });

  it('wait while a welcome is being made, and leave behind it', async () => {
    const worker = await joined();
    worker.close();
    await until(() => harness.disconnected.length === 1, 'disconnected');
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    let reading = false;
    harness.beforeConfig = () => {
      reading = true;
      return gate;
    };
    harness.digest = 'loose';
    const told = comesBack(worker);
    await until(() => reading, 'the welcome reads its configuration');
    const session = harness.hub.session('agent-a');
    const given = session?.inConfigOrder(() => {
      configure('strict').catch(() => undefined);
      harness.hub.command('agent-a', { kind: 'stop', reason: 'the last' }).catch(() => undefined);
      return Promise.resolve();
    });
    go();
    await given;
    expect(await told).toEqual(['welcome loose', 'strict', 'stop']);
  });
});

const record: GateRecord = {
  id: 'r',
  agent_id: 'agent-a',
  session_key: 's',
  actor: 'user:1',
  tool: 'read_file',
  time: new Date(0).toISOString(),
  decision: {
    effect: 'allow',
    layer: 'tool',
    rule: 'tool.allow',
    reason: 'A valid call.',
    input: 'read_file {}',
    policyDigest: 'digest-1',
    trace: [],
  },
};
