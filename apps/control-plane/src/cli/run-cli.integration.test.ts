import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VERSION } from '../version.js';
import { ADMIN_SOCKET } from './connect.js';
import { EXIT_CODES } from './exit-codes.js';
import { commandsOf, optionsOf } from './testing/read-help.js';
import { runCli } from './run-cli.js';

type Handler = (body: unknown, request: IncomingMessage, response: ServerResponse) => unknown;

const agent = {
  id: '0f9d4c1e-7a3b-4c5d-8e6f-001122334455',
  name: 'demo',
  description: '',
  status: 'running',
  desired: 'running',
  reason: null,
  since: '2026-01-01T00:00:00.000Z',
  mode: 'process',
  level: 'permissive',
  attested: 'none',
  owner: null,
  is_demo: true,
  created_at: '2026-01-01T00:00:00.000Z',
};
const ESC = '\u001b';
let dataDir: string;
let server: Server | undefined;
let calls: string[];
let out: string;
let err: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cli-'));
  await mkdir(join(dataDir, 'admin'), { mode: 0o700 });
  calls = [];
  out = err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
  vi.spyOn(console, 'log').mockImplementation((text) => void (out += `${String(text)}\n`));
  vi.spyOn(console, 'error').mockImplementation((text) => void (err += `${String(text)}\n`));
});
afterEach(async () => {
  vi.restoreAllMocks();
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(dataDir, { recursive: true, force: true });
});

/** A server with the shapes of the API on the admin socket; keys are `METHOD /path`. */
async function serve(routes: Record<string, Handler>): Promise<void> {
  const all: Record<string, Handler> = {
    'GET /healthz': () => ({ status: 'ok' }),
    'GET /api/agents': () => ({ items: [agent] }),
    [`GET /api/agents/${agent.id}`]: () => agent,
    ...routes,
  };
  server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
      const text = Buffer.concat(parts).toString('utf8');
      const key = `${request.method ?? ''} ${(request.url ?? '').split('?', 1)[0] ?? ''}`;
      calls.push(`${request.method ?? ''} ${request.url ?? ''}`);
      const handle = all[key];
      const answer = handle
        ? await handle(text === '' ? undefined : JSON.parse(text), request, response)
        : refusal(404, 'NOT_FOUND', 'There is nothing at this path.');
      if (response.headersSent || response.destroyed) return;
      const { status = 200, ...body } = answer as { status?: number };
      response.writeHead(typeof status === 'number' ? status : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(typeof status === 'number' ? body : answer));
    })();
  });
  const path = join(dataDir, 'admin', ADMIN_SOCKET);
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, 0o600);
}

const refusal = (status: number, code: string, error: string, more = {}): unknown => ({
  status,
  code,
  error,
  request_id: 'r',
  ...more,
});
const run = (...args: string[]): Promise<number> => runCli([...args, '--data-dir', dataDir]);

/** A verb that does something, as its help shows it; `words` is a call that lacks nothing but options. */
interface ShownVerb {
  readonly usage: string;
  readonly verb: string;
  readonly words: readonly string[];
  readonly help: string;
}

let verbs: Promise<ShownVerb[]> | undefined;
const allVerbs = (): Promise<ShownVerb[]> => (verbs ??= readVerbs());

async function readVerbs(): Promise<ShownVerb[]> {
  const helpOf = async (words: readonly string[]): Promise<string> => {
    out = '';
    expect(await runCli([...words, '--help'])).toBe(0);
    return out;
  };
  const found: ShownVerb[] = [];
  for (const name of commandsOf(await helpOf([]))) {
    const help = await helpOf([name]);
    const inner = commandsOf(help);
    if (inner.length === 0) found.push({ usage: name, verb: name, words: [name], help });
    for (const usage of inner) {
      const [group = '', verb = '', ...places] = usage.split(' ');
      const words = [group, verb, ...places.filter((place) => place.startsWith('<')).map(() => 'x')];
      found.push({ usage, verb: `${group} ${verb}`, words, help: await helpOf([group, verb]) });
    }
  }
  return found;
}

const sse = (response: ServerResponse, events: [string, unknown][], end = true): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const [event, data] of events) response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  if (end) response.end();
};

describe('clawforce --help', () => {
  it.each([
    [['--help'], ['serve', 'setup', 'version', 'user', 'agent', 'policy', 'audit', '--data-dir', '--json']],
    [
      ['agent', '--help'],
      ['list', 'create', 'show', 'start', 'stop', 'delete', 'logs', 'send', 'exec'],
    ],
    [
      ['user', '--help'],
      ['list', 'create', 'reset'],
    ],
    [['policy', '--help'], ['test']],
    [['audit', '--help'], ['tail']],
    [
      ['serve', '--help'],
      ['--port', '--host', '--log-level'],
    ],
    [
      ['user', 'create', '--help'],
      ['--password-stdin', '--role', 'superadmin', 'viewer'],
    ],
  ])('%j names every verb and option', async (args, words) => {
    expect(await runCli(args)).toBe(EXIT_CODES.ok);
    for (const word of words) expect(out).toContain(word);
  });

  it('lists the exit codes', async () => {
    await runCli(['--help']);
    for (const code of Object.values(EXIT_CODES)) expect(out).toMatch(new RegExp(`\\b${code}\\b`));
  });
});

describe('a command line that is wrong', () => {
  it.each([
    [[], /Name a command/],
    [['agnet'], /agent/],
    [['agent'], /Name a verb/],
    [['agent', 'show'], /id/],
    [['agent', 'create'], /name/],
    [['agent', 'create', '--name', 'x', '--mode', 'cloud'], /mode/],
    [['version', '--colour'], /colour/],
    [['user', 'create', 'a', '--role', 'root'], /role/],
    [['agent', 'logs', 'x', '--tail', 'many'], /--tail: expected a whole number from 0 to 2000/],
    [['agent', 'logs', 'x', '--tail', '-1'], /tail/],
    [['agent', 'logs', 'x', '--tail', '1.5'], /--tail: expected/],
    [['audit', 'tail', '-n', 'many'], /--lines: expected a whole number from 1 to 200/],
    [['audit', 'tail', '-n', '0'], /--lines: expected/],
    [['agent', 'start', 'x', '--timeout', '0'], /--timeout: expected/],
    [['serve', '--port', '70000'], /--port: expected/],
    [['policy', 'test', 'x', '--tool', 'sudo', '--input', 'x'], /tool/],
  ])('%j ends with 64 and says why on standard error', async (args, sentence) => {
    expect(await runCli(args)).toBe(EXIT_CODES.usage);
    expect(err).toMatch(sentence);
    expect(err).toMatch(/ \(USAGE\)\n$/);
    expect(out).toBe('');
    expect(await runCli([...args, '--json'])).toBe(EXIT_CODES.usage);
    const refusal = JSON.parse(out) as { error: string };
    expect(refusal).toEqual({ error: expect.any(String) as string, code: 'USAGE', issues: [] });
    expect(err).toContain(`${refusal.error} (USAGE)`);
  });
});

describe('every option', () => {
  it('that takes a number or one of some words refuses everything else with 64', async () => {
    const options = (await allVerbs()).flatMap(({ verb, help, words }) =>
      optionsOf(help).map((option) => ({ verb, words, ...option })),
    );
    const limited = options.filter(({ kind }) => /\[number\]|\[choices:/.test(kind));
    expect(limited.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        '--port',
        '--log-level',
        '--tail',
        '--lines',
        '--effect',
        '--role',
        '--timeout',
      ]),
    );
    for (const { verb, words, name } of limited) {
      err = '';
      expect(await run(...words, name, 'manyfold'), `${verb} ${name}`).toBe(EXIT_CODES.usage);
      expect(err, `${verb} ${name}`).toMatch(new RegExp(`${name.slice(2)}\\b[^]*(expected|Choices)`));
    }
  });

  it('that takes a value is refused with 64 without one, and says what it is for', async () => {
    for (const { verb, words, help } of await allVerbs()) {
      for (const { name, kind, describes } of optionsOf(help)) {
        expect(describes, `${verb} ${name}`).not.toBe('');
        if (kind.startsWith('[boolean]')) continue;
        expect(await runCli([...words, name]), `${verb} ${name}`).toBe(EXIT_CODES.usage);
      }
    }
  });

  it('is in the README at its verb, and so is every verb, and nothing else', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const table = readme.split('\n## ').find((section) => section.startsWith('Verbs')) ?? '';
    const written = [...table.matchAll(/^\| `([a-z][^`]*)` +\|[^|]*\|([^|]*)\|$/gm)].map(
      ([, usage, options]) => [
        usage,
        [...(options ?? '').matchAll(/--(?:no-)?([\w-]+)/g)].map(([, name]) => `--${name ?? ''}`).sort(),
      ],
    );
    const shown = (await allVerbs()).map(({ usage, help }) => [
      usage,
      optionsOf(help)
        .map(({ name }) => name)
        .sort(),
    ]);
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(shown));
    expect(shown.length).toBeGreaterThan(15);
  });

  it('counts as it was given last', async () => {
    await serve({ 'GET /api/audit': () => ({ items: [] }) });
    expect(await run('audit', 'tail', '-n', '3', '-n', '4')).toBe(0);
    expect(calls.at(-1)).toContain('limit=4');
  });
});

describe('clawforce', () => {
  it('prints its version, also as JSON', async () => {
    expect(await run('version')).toBe(0);
    expect(out).toContain(VERSION);
    out = '';
    await run('version', '--json');
    expect(JSON.parse(out)).toEqual({ version: VERSION, node: process.version });
  });

  it('lists users over all pages', async () => {
    const user = { role: 'admin', disabled: false, claimed: true, created_at: agent.created_at };
    await serve({
      'GET /api/admin/users': (_body, request) =>
        request.url?.includes('cursor=a%20b')
          ? { items: [{ ...user, username: 'second' }] }
          : { items: [{ ...user, username: 'first' }], next_cursor: 'a b' },
    });
    expect(await run('user', 'list')).toBe(0);
    expect(out).toContain('first');
    expect(out).toContain('second');
    out = '';
    expect(await run('user', 'list', '--json')).toBe(0);
    expect((JSON.parse(out) as unknown[]).length).toBe(2);
  });

  it('lists agents over all pages', async () => {
    await serve({
      'GET /api/agents': (_body, request) =>
        request.url?.includes('cursor=a%20b')
          ? { items: [{ ...agent, name: 'second' }] }
          : { items: [agent], next_cursor: 'a b' },
    });
    expect(await run('agent', 'list')).toBe(0);
    expect(out).toContain('demo');
    expect(out).toContain('second');
    out = '';
    expect(await run('agent', 'list', '--json')).toBe(0);
    expect((JSON.parse(out) as unknown[]).length).toBe(2);
  });

  it('finds an agent by id, by the beginning of an id and by name, and says when several fit', async () => {
    const other = { ...agent, id: '0f9d4c1e-ffff-4c5d-8e6f-001122334455', name: 'other' };
    await serve({ 'GET /api/agents': () => ({ items: [agent, other] }) });
    for (const wanted of [agent.id, agent.id.slice(0, 12), 'demo'])
      expect(await run('agent', 'show', wanted), wanted).toBe(0);
    for (const wanted of [agent.id.slice(0, 8), 'nobody', '0f9'])
      expect(await run('agent', 'show', wanted), wanted).toBe(EXIT_CODES.failed);
    expect(err).toContain('Several agents fit');
    expect(err).toContain('NOT_FOUND');
  });

  it('says when the image of a worker is a custom one, and when it is older than that of the next start', async () => {
    const image = { name: 'mine/worker:1', custom: true, outdated: true };
    await serve({ 'GET /api/agents': () => ({ items: [{ ...agent, image }] }) });
    await run('agent', 'show', agent.id);
    expect(out).toMatch(/mine\/worker:1, a custom one: .*its own word, older than/);
  });

  it('shows text of an agent without letting the terminal obey it', async () => {
    const name = `evil${ESC}[2J${ESC}]0;title\u0007\u202e`;
    await serve({
      'GET /api/agents': () => ({ items: [{ ...agent, name, reason: name, description: name }] }),
    });
    for (const args of [['list'], ['show', agent.id], ['list', '--json']]) await run('agent', ...args);
    expect(out + err).not.toContain(ESC);
    expect(out + err).not.toContain('\u202e');
    expect(out).toContain('evil');
  });

  it('says code, places and fix of a refusal, on standard error or as JSON', async () => {
    const issues = [{ pointer: '/name', message: 'is too long.' }];
    await serve({
      'POST /api/agents': () =>
        refusal(400, 'VALIDATION_FAILED', 'The body is not valid.', { issues, fix: 'Shorter.' }),
    });
    expect(await run('agent', 'create', '--name', 'x')).toBe(EXIT_CODES.failed);
    expect(err).toContain('The body is not valid. (VALIDATION_FAILED)');
    expect(err).toContain('/name: is too long.');
    expect(err).toContain('Fix: Shorter.');
    await run('agent', 'create', '--name', 'x', '--json');
    expect(JSON.parse(out)).toMatchObject({ code: 'VALIDATION_FAILED', fix: 'Shorter.', issues });
  });

  const starts = (states: readonly object[]): Record<string, Handler> => {
    const coming = [...states];
    const next = (): object => ({ ...agent, ...(coming.length > 1 ? coming.shift() : coming[0]) });
    return {
      [`POST /api/agents/${agent.id}/start`]: next,
      [`GET /api/agents/${agent.id}`]: next,
    };
  };

  it.each([
    [[{ status: 'running' }], EXIT_CODES.ok, /^demo is running\.$/],
    [[{ status: 'provisioning' }, { status: 'connecting' }, { status: 'running' }], EXIT_CODES.ok, /running/],
    // Wanted running and not begun yet is no end.
    [[{ status: 'stopped' }, { status: 'running' }], EXIT_CODES.ok, /^demo is running\.$/],
    [[{ status: 'provisioning' }, { status: 'failed', reason: 'No image.' }], EXIT_CODES.failed, /No image/],
    [
      [
        { status: 'connecting' },
        { status: 'stopped', desired: 'stopped', reason: 'Stopped by the operator.' },
      ],
      EXIT_CODES.failed,
      /Stopped by the operator/,
    ],
  ])('agent start waits through %j', async (states, code, said) => {
    await serve(starts(states));
    expect(await run('agent', 'start', 'demo')).toBe(code);
    expect(out.trim()).toMatch(said);
  });

  it('agent start: an agent that takes longer goes on, and the waiting ends with its state', async () => {
    await serve(starts([{ status: 'provisioning' }]));
    expect(await run('agent', 'start', 'demo', '--timeout', '3', '--json')).toBe(EXIT_CODES.failed);
    expect(JSON.parse(out)).toMatchObject({ status: 'provisioning' });
    expect(err).toContain('demo is provisioning …');
    expect(err).toContain('still provisioning after 3 s');
    expect(calls.filter((call) => !call.startsWith('GET'))).toEqual([`POST /api/agents/${agent.id}/start`]);
  });

  it.each([
    [['--timeout', '3'], EXIT_CODES.failed],
    [['--no-wait'], EXIT_CODES.ok],
  ])('agent start %j does not wait for ever for a launch', async (options, code) => {
    await serve({
      // An image that takes its time: the answer never comes.
      [`POST /api/agents/${agent.id}/start`]: (_body, _request, response) => {
        response.flushHeaders();
      },
      [`GET /api/agents/${agent.id}`]: () => ({ ...agent, status: 'provisioning' }),
    });
    expect(await run('agent', 'start', 'demo', ...options)).toBe(code);
    expect(out + err).toContain('demo is being launched …');
    expect(out + err).toMatch(/demo is (still )?provisioning/);
  });

  it('agent start --no-wait comes back at once', async () => {
    await serve(starts([{ status: 'provisioning' }]));
    expect(await run('agent', 'start', 'demo', '--no-wait')).toBe(EXIT_CODES.ok);
    expect(out).toContain('demo is provisioning');
    expect(calls.at(-1)).toBe(`POST /api/agents/${agent.id}/start`);
  });

  it('ends with 3 when the server has to run and does not', async () => {
    await serve({
      [`POST /api/agents/${agent.id}/start`]: () => refusal(503, 'SERVER_NOT_RUNNING', 'Start the server.'),
    });
    expect(await run('agent', 'start', 'demo')).toBe(EXIT_CODES.serverNotRunning);
  });

  it('survives a server that answers nonsense', async () => {
    await serve({
      [`POST /api/agents/${agent.id}/stop`]: (_body, _request, response) => {
        response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Oops</h1>');
      },
    });
    expect(await run('agent', 'stop', 'demo')).toBe(EXIT_CODES.failed);
    expect(err).toContain('status 500');
  });

  it('refuses tool arguments that are no JSON object before it asks the server', async () => {
    await serve({});
    for (const args of ['nope', '[]', '"x"', 'null'])
      expect(await run('agent', 'exec', 'demo', 'read_file', args), args).toBe(EXIT_CODES.usage);
    expect(calls.some((call) => call.startsWith('POST'))).toBe(false);
  });

  it('runs a tool and ends with 1 when it was refused', async () => {
    let seen: unknown;
    await serve({
      [`POST /api/agents/${agent.id}/tools/read_file`]: (body) => {
        seen = body;
        return { json: true, output: `content${ESC}[0m`, record: {}, ...{ status: 'ok' } };
      },
    });
    expect(await run('agent', 'exec', 'demo', 'read_file', '{"path":"a"}')).toBe(0);
    expect(seen).toEqual({ args: { path: 'a' } });
    expect(out).toContain('content');
  });

  it.each([
    ['allow', EXIT_CODES.ok],
    ['deny', EXIT_CODES.failed],
    ['ask', EXIT_CODES.ask],
  ])('policy test: %s ends with %i', async (effect, code) => {
    let seen: unknown;
    await serve({
      [`POST /api/agents/${agent.id}/policy/test`]: (body) => {
        seen = body;
        const step = { layer: 'syntax', rule: 'shell.syntax.pipe', effect };
        return {
          judged_by: 'worker',
          decision: {
            effect,
            layer: 'syntax',
            rule: 'shell.syntax.pipe',
            reason: 'A pipe.',
            hint: 'None.',
            trace: [step],
          },
        };
      },
    });
    expect(await run('policy', 'test', 'demo', '--tool', 'exec', '--input', 'a | b')).toBe(code);
    expect(seen).toEqual({ tool: 'exec', args: { command: 'a | b' } });
    expect(out).toContain('shell.syntax.pipe');
  });

  it('shows audit rows with the newest last', async () => {
    const row = (seq: number): unknown => ({
      seq,
      time: '2026-01-01T00:00:00.000Z',
      kind: 'policy_decision',
      effect: 'deny',
      rule: `rule.${seq}`,
      event: { reason: `Because.${ESC}[2J` },
    });
    await serve({ 'GET /api/audit': () => ({ items: [row(2), row(1)] }) });
    expect(await run('audit', 'tail', '--effect', 'deny', '--kind', 'policy_decision')).toBe(0);
    expect(out.indexOf('rule.1')).toBeLessThan(out.indexOf('rule.2'));
    expect(out).not.toContain(ESC);
    expect(calls.at(-1)).toContain('effect=deny&kind=policy_decision');
  });
});

describe('clawforce agent send', () => {
  const turn = (final: object): Record<string, Handler> => {
    const message = { id: 'm1', session_key: 'cli:direct', state: 'queued', error: null, result: null };
    let stream: ServerResponse | undefined;
    const ended = { ...message, ...final };
    return {
      [`GET /api/agents/${agent.id}/logs`]: (_body, _request, response) => {
        stream = response;
        sse(response, [], false);
        response.flushHeaders();
      },
      [`POST /api/agents/${agent.id}/messages`]: () => {
        const event = (members: object): unknown => ({
          id: 1,
          time: '2026-01-01T00:00:00.000Z',
          source: 'worker',
          event: { session_key: 'cli:direct', ...members },
        });
        const decision = {
          effect: 'deny',
          layer: 'zone',
          rule: 'fs.zone.hidden',
          reason: 'Hidden.',
          trace: [],
        };
        setTimeout(() => {
          for (const [name, data] of [
            ['delta', { session_key: 'another', text: 'NOT MINE' }],
            ['delta', { session_key: 'cli:direct', text: `Good ${ESC}[31mday` }],
            ['activity', event({ event_type: 'policy_decision', record: { tool: 'read_file', decision } })],
            ['message', ended],
          ] as const)
            stream?.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
        }, 50);
        return { ...message, status: 202 };
      },
      [`GET /api/agents/${agent.id}/messages/m1`]: () => ended,
    };
  };

  it('streams the answer and the refusals, and ends with 0', async () => {
    await serve(turn({ state: 'done', result: 'Good day' }));
    expect(await run('agent', 'send', 'demo', 'hello')).toBe(0);
    expect(out).toContain('Good day');
    expect(out).toContain('fs.zone.hidden');
    expect(out).not.toContain('NOT MINE');
    expect(out).not.toContain(ESC);
  });

  it('is sent once the stream is open: a turn may end sooner than a stream begins', async () => {
    const order: string[] = [];
    let stream: ServerResponse | undefined;
    const message = { id: 'm1', session_key: 'cli:direct', state: 'done', error: null, result: 'Quick.' };
    await serve({
      [`GET /api/agents/${agent.id}/logs`]: async (_body, _request, response) => {
        await sleep(100);
        // Nobody would tell the end of a turn again that was over by now; the stream ends, so that the test does.
        sse(response, [], order.includes('sent'));
        response.flushHeaders();
        order.push('open');
        stream = response;
      },
      [`POST /api/agents/${agent.id}/messages`]: () => {
        order.push('sent');
        stream?.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
        return { ...message, state: 'queued', status: 202 };
      },
      [`GET /api/agents/${agent.id}/messages/m1`]: () => message,
    });
    expect(await run('agent', 'send', 'demo', 'hello')).toBe(0);
    expect(order).toEqual(['open', 'sent']);
  });

  it('a stream that is refused sends nothing', async () => {
    await serve({ [`GET /api/agents/${agent.id}/logs`]: () => refusal(503, 'OVERLOADED', 'Later.') });
    expect(await run('agent', 'send', 'demo', 'hello')).toBe(EXIT_CODES.failed);
    expect(err).toContain('Later. (OVERLOADED)');
    expect(calls.some((call) => call.startsWith('POST'))).toBe(false);
  });

  it('ends with 3 and a sentence on a line of its own when the server is gone in the middle', async () => {
    await serve({
      ...turn({}),
      [`GET /api/agents/${agent.id}/logs`]: (_body, _request, response) => {
        sse(response, [['delta', { session_key: 'cli:direct', text: 'I begin' }]], false);
        setTimeout(() => response.destroy(), 100);
      },
    });
    expect(await run('agent', 'send', 'demo', 'hello')).toBe(EXIT_CODES.serverNotRunning);
    expect(out).toBe('I begin\n');
    expect(err).toMatch(/^The connection to the server broke off\. \(SERVER_NOT_RUNNING\)\nFix: /);
  });

  it('ends with 1 and the reason when the turn failed', async () => {
    await serve(turn({ state: 'failed', error: { code: 'UPSTREAM_UNREACHABLE', message: 'No model.' } }));
    expect(await run('agent', 'send', 'demo', 'hello')).toBe(EXIT_CODES.failed);
    expect(err).toContain('No model. (UPSTREAM_UNREACHABLE)');
  });

  it('gives one JSON value with --json', async () => {
    await serve(turn({ state: 'done', result: 'Good day' }));
    expect(await run('agent', 'send', 'demo', 'hello', '--json')).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ id: 'm1', state: 'done', result: 'Good day', refused: 1 });
  });
});

describe('clawforce setup', () => {
  const open = (sent: unknown[]): Record<string, Handler> => ({
    'GET /api/admin/setup': () => ({ claimed: false, username: 'admin' }),
    'POST /api/admin/setup': (body) => (sent.push(body), {}),
  });
  afterEach(() => vi.unstubAllEnvs());

  it('takes the password of ADMIN_SETUP_PASSWORD, and one that is empty counts as none', async () => {
    const sent: unknown[] = [];
    await serve(open(sent));
    vi.stubEnv('ADMIN_SETUP_PASSWORD', '');
    expect(await run('setup')).toBe(EXIT_CODES.usage);
    expect(err).toContain('There is no terminal');
    expect(sent).toEqual([]);
    vi.stubEnv('ADMIN_SETUP_PASSWORD', 'from the environment');
    expect(await run('setup')).toBe(0);
    expect(sent).toEqual([{ password: 'from the environment' }]);
    expect(out + err).not.toContain('from the environment');
  });

  it.each(['CLAWFORCE_ENV', 'ADMIN_RUNTIME_BACKEND'])(
    'a bad %s ends it with 64 and the name',
    async (name) => {
      const sent: unknown[] = [];
      await serve(open(sent));
      vi.stubEnv('ADMIN_SETUP_PASSWORD', 'from the environment');
      vi.stubEnv(name, 'nonsense');
      expect(await run('setup')).toBe(EXIT_CODES.usage);
      expect(err).toContain(name);
      expect(sent).toEqual([]);
    },
  );
});

describe('--follow --json', () => {
  const activity = (id: number): object => ({
    id,
    time: '2026-01-01T00:00:00.000Z',
    source: 'worker',
    event: { event_type: 'message_sent', content: `Number ${id}.` },
  });
  const parsed = (): unknown[] =>
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);

  it('agent logs prints each event on a line of its own as it comes', async () => {
    let stream: ServerResponse | undefined;
    await serve({
      [`GET /api/agents/${agent.id}/logs`]: (_body, _request, response) => {
        stream = response;
        sse(response, [['activity', activity(1)]], false);
      },
    });
    const followed = run('agent', 'logs', 'demo', '--follow', '--json');
    await vi.waitFor(() => expect(parsed()).toEqual([activity(1)]), 10_000);
    stream?.write(`event: activity\ndata: ${JSON.stringify(activity(2))}\n\n`);
    await vi.waitFor(() => expect(parsed()).toEqual([activity(1), activity(2)]), 10_000);
    stream?.end();
    expect(await followed).toBe(0);
    expect(parsed()).toHaveLength(2);
  });

  it('agent logs --process prints each line of the worker so', async () => {
    const line = (text: string): object => ({ time: '2026-01-01T00:00:00.000Z', stream: 'stdout', text });
    await serve({
      [`GET /api/agents/${agent.id}/process-logs/stream`]: (_body, _request, response) =>
        sse(response, [
          ['line', line('first')],
          ['ping', {}],
          ['line', line('second')],
        ]),
    });
    expect(await run('agent', 'logs', 'demo', '--process', '--follow', '--json')).toBe(0);
    expect(parsed()).toEqual([line('first'), line('second')]);
    out = '';
    expect(await run('agent', 'logs', 'demo', '--process', '--follow')).toBe(0);
    expect(out).toBe('2026-01-01T00:00:00.000Z first\n2026-01-01T00:00:00.000Z second\n');
  });

  it('audit tail goes on behind the rows that are there, until it is interrupted', async () => {
    const row = (seq: number, effect: string): object => ({
      seq,
      time: '2026-01-01T00:00:00.000Z',
      kind: 'policy_decision',
      agent_id: null,
      actor_id: null,
      effect,
      rule: `rule.${seq}`,
      event: { reason: 'Because.' },
    });
    const coming = [[row(3, 'allow'), row(4, 'deny')], [row(5, 'deny')]];
    const asked: string[] = [];
    await serve({
      'GET /api/audit': (_body, request) => {
        const after = new URL(request.url ?? '', 'http://x').searchParams.get('after');
        if (after === null) return { items: [row(2, 'deny'), row(1, 'deny')] };
        asked.push(after);
        return { items: coming.shift() ?? [] };
      },
    });
    const interrupt = new Set(process.listeners('SIGINT'));
    const followed = run('audit', 'tail', '--follow', '--effect', 'deny', '--json');
    await vi.waitFor(() => expect(out).toContain('rule.5'), 10_000);
    for (const listener of process.listeners('SIGINT')) if (!interrupt.has(listener)) listener('SIGINT');
    expect(await followed).toBe(0);
    expect(parsed()).toEqual([row(1, 'deny'), row(2, 'deny'), row(4, 'deny'), row(5, 'deny')]);
    expect(asked.slice(0, 2)).toEqual(['2', '4']);
  });

  it('a failure in between is one more line', async () => {
    await serve({ 'GET /api/audit': () => refusal(429, 'RATE_LIMITED', 'Too fast.') });
    expect(await run('audit', 'tail', '--follow', '--json')).toBe(EXIT_CODES.failed);
    expect(parsed()).toEqual([{ code: 'RATE_LIMITED', error: 'Too fast.', issues: [] }]);
  });
});

describe('the admin socket', () => {
  it('is not used when others may reach it: somebody else could answer', async () => {
    await serve({});
    await chmod(join(dataDir, 'admin', ADMIN_SOCKET), 0o666);
    vi.stubEnv('ADMIN_STORAGE_ROOT', '');
    await run('agent', 'list').catch(() => undefined);
    expect(calls).toEqual([]);
    vi.unstubAllEnvs();
  });
});
