import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Server } from 'socket.io';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT_CODES } from './exit-codes.js';

const config = {
  digest: 'd',
  agent: { id: 'a1', name: 'A' },
  instructions: '',
  model: { name: 'p/m', max_tokens: 10, temperature: 0 },
  loop: { max_tool_iterations: 1, memory_window: 1, max_tool_output_chars: 1_000 },
  exec: {
    timeout_s: 5,
    policy: { mode: 'allow_all', allow: [], deny: [], relaxed: false },
    confinement: 'required',
    elevation: 'deny',
  },
  approval: { default_mode: 'always_run', per_tool: {} },
  restrict_to_workspace: true,
  ssrf_protection: true,
  web: { allowlist: [], exceptions: [], commands: false },
  exec_env: {},
};

describe('clawforce-worker', () => {
  let root: string;
  let http: HttpServer;
  let io: Server;
  let seen: string[];
  let stored: number[];

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'clawforce-main-'));
    for (const name of ['agent/workspace', 'agent/profiles', 'agent/.state', 'run']) {
      mkdirSync(join(root, name), { recursive: true });
    }
    writeFileSync(join(root, 'run/join'), `cfj_${'j'.repeat(40)}`);
    seen = [];
    stored = [];
    http = createServer();
    io = new Server(http, { path: '/api/control/ws', transports: ['websocket'], serveClient: false });
    io.of('/worker').on('connection', (socket) => {
      socket.on('hello', (_hello: unknown, reply: (welcome: unknown) => void) =>
        reply({
          epoch: 1,
          resume_secret: 'r'.repeat(43),
          ack: stored.at(-1) ?? 0,
          credit: 100,
          heartbeat_ms: 1_000,
          orphan_ms: 5_000,
          config,
        }),
      );
      socket.on('ev', ({ items }: { items: { seq: number; event?: { event_type: string } }[] }) => {
        for (const { seq, event } of items) {
          if (seq <= (stored.at(-1) ?? 0)) continue;
          stored.push(seq);
          if (event) seen.push(event.event_type);
        }
        socket.emit('ack', { seq: stored.at(-1) });
      });
    });
    await new Promise<void>((resolve) => http.listen(join(root, 'run/link.sock'), resolve));
  });
  afterEach(async () => {
    await io.close();
    rmSync(root, { recursive: true, force: true });
  });

  function start(env: Record<string, string>): {
    child: ChildProcess;
    ended: Promise<{ code: number | null; lines: Record<string, unknown>[] }>;
  } {
    const child = spawn(
      process.execPath,
      [
        '--conditions=@clawforce/source',
        '--import',
        'tsx',
        fileURLToPath(new URL('main.ts', import.meta.url)),
      ],
      { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    const ended = new Promise<{ code: number | null; lines: Record<string, unknown>[] }>((resolve) => {
      child.on('close', (code) => {
        const lines = output
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Record<string, unknown>);
        resolve({ code, lines });
      });
    });
    return { child, ended };
  }
  const settings = (): Record<string, string> => ({
    AGENT_ID: 'a1',
    AGENT_ROOT: join(root, 'agent'),
    AGENT_SOCKET_DIR: join(root, 'run'),
  });
  const until = async (condition: () => boolean): Promise<void> => {
    const deadline = Date.now() + 20_000;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error('never');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  it('connects, and ends gracefully on SIGTERM with its last event delivered', async () => {
    const { child, ended } = start(settings());
    await until(() => seen.includes('agent_started'));
    child.kill('SIGTERM');
    const { code, lines } = await ended;
    expect(code).toBe(0);
    expect(seen).toEqual(['agent_started', 'agent_stopped']);
    expect(lines.at(-1)).toMatchObject({ level: 'info', agent_id: 'a1', reason: 'signal', exit_code: 0 });
    expect(JSON.stringify(lines)).not.toContain('r'.repeat(43));
  });

  it('ends with a code of its own when a newer worker of the agent takes over', async () => {
    const { ended } = start(settings());
    await until(() => seen.includes('agent_started'));
    io.of('/worker').emit('bye', { code: 4409, reason: 'A newer worker took over.' });
    expect((await ended).code).toBe(EXIT_CODES.fenced);
  });

  it('continues its numbers after a SIGKILL', async () => {
    const first = start(settings());
    await until(() => seen.includes('agent_started'));
    first.child.kill('SIGKILL');
    expect((await first.ended).code).toBeNull();
    const second = start(settings());
    await until(() => seen.filter((type) => type === 'agent_started').length === 2);
    second.child.kill('SIGTERM');
    await second.ended;
    expect(stored).toEqual([1, 2, 3]);
    expect(seen).toEqual(['agent_started', 'agent_started', 'agent_stopped']);
  });

  it('says which variable is wrong and exits with 64', async () => {
    const { code, lines } = await start({ ...settings(), AGENT_LOG_LEVEL: 'shouting' }).ended;
    expect(code).toBe(64);
    expect(lines).toEqual([expect.objectContaining({ level: 'error', variable: 'AGENT_LOG_LEVEL' })]);
  });

  it('exits with 77 without a join credential', async () => {
    rmSync(join(root, 'run/join'));
    const { code, lines } = await start(settings()).ended;
    expect(code).toBe(77);
    expect(lines.at(-1)).toMatchObject({ reason: 'no_credential' });
  });

  it('exits with 1 and a reason when its directory is not there', async () => {
    const { code, lines } = await start({ ...settings(), AGENT_ROOT: join(root, 'nowhere') }).ended;
    expect(code).toBe(1);
    expect(lines.at(-1)).toMatchObject({ level: 'error', message: 'the worker failed' });
  });
});
