import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VERSION } from '../version.js';
import { ADMIN_SOCKET } from './connect.js';
import { EXIT_CODES } from './exit-codes.js';
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
        ? handle(text === '' ? undefined : JSON.parse(text), request, response)
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
  ])('%j ends with 64 and says why on standard error', async (args, sentence) => {
    expect(await runCli(args)).toBe(EXIT_CODES.usage);
    expect(err).toMatch(sentence);
    expect(out).toBe('');
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
