import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { bundleProgram, type BundledProgram } from './testing/bundle-program.js';
import { startTestPlane, until, type TestPlane } from './testing/test-plane.js';

describe('health', () => {
  let test: TestPlane;
  beforeEach(async () => {
    test = await startTestPlane();
  });
  afterEach(() => test.remove());

  it('is answered without a sign-in and tells nothing else', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const { status, text } = await test.call('GET', path);
      expect(status).toBe(200);
      expect(text.length).toBeLessThan(100);
    }
  });

  it('is not ready when the database does not answer, and alive all the same', async () => {
    const { storage } = test.core;
    vi.spyOn(storage, 'ping').mockRejectedValue(new Error('gone'));
    expect((await test.call('GET', '/readyz')).status).toBe(503);
    expect((await test.call('GET', '/healthz')).status).toBe(200);
  });
});

describe('a stop of the control plane', () => {
  let test: TestPlane;
  beforeEach(async () => {
    test = await startTestPlane();
  });
  afterEach(() => test.remove());

  it('ends streams properly, tells browsers to come back, and is not held up by anything that is open', async () => {
    await test.user('root', 'superadmin');
    const { access: token } = await test.login('root');
    const { items } = (await test.call('GET', '/api/agents', { token })).body as { items: { id: string }[] };
    const agent = items[0]?.id ?? '';
    const { ticket } = (await test.call('POST', '/api/auth/stream-token', { token })).body as {
      ticket: string;
    };
    const socket = io(`${test.url}/ui`, {
      path: '/api/control/ws',
      transports: ['websocket'],
      auth: { ticket },
      reconnection: false,
    });
    const bye = new Promise((resolve) => socket.once('bye', resolve));
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    const stream = await fetch(`${test.url}/api/agents/${agent}/logs`, {
      headers: { authorization: `Bearer ${token}` },
    });
    // An idle connection, one in the middle of its headers, one in the middle of a body, one half upgraded.
    const port = Number(new URL(test.url).port);
    const cut: Promise<void>[] = [];
    for (const text of [
      '',
      'GET /healthz HTTP/1.1\r\nhost: x\r\n',
      'POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
      'GET /api/control/ws/?EIO=4&transport=websocket HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n' +
        'sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    ]) {
      const open = connect(port, '127.0.0.1');
      await new Promise<void>((resolve) => open.once('connect', resolve));
      open.write(text);
      open.on('error', () => undefined);
      open.resume();
      cut.push(new Promise<void>((resolve) => open.once('close', () => resolve())));
    }
    await new Promise((resolve) => setTimeout(resolve, 100));

    const before = Date.now();
    await test.stop();
    expect(Date.now() - before).toBeLessThan(5000);
    expect(await bye).toMatchObject({ code: 4503 });
    // A stream that is cut would reject.
    expect(typeof (await stream.text())).toBe('string');
    await Promise.all(cut);
    await expect(fetch(`${test.url}/healthz`)).rejects.toThrow();
  });

  it('keeps what a worker prints until its end', async () => {
    await test.user('root', 'superadmin');
    const { access: token } = await test.login('root');
    const { id } = (await test.call('POST', '/api/agents', { token, body: { name: 'talker' } })).body as {
      id: string;
    };
    await test.call('POST', `/api/agents/${id}/start`, { token });
    await until('the agent to run', async () => {
      const { body } = await test.call('GET', `/api/agents/${id}/status`, { token });
      return (body as { status: string }).status === 'running';
    });
    // A slow disk: what is still on its way must be waited for.
    const { files } = test.core;
    const open = files.control.bind(files);
    vi.spyOn(files, 'control').mockImplementation(async (agentId) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return open(agentId);
    });
    await test.stop();
    const log = await readFile(join(test.dataDir, 'agents', id, '.logs', 'worker.log'), 'utf8');
    expect(log).toMatch(/ stdout behaviour: honest\n[^]* stdout last words\n$/);
  });
});

describe('clawforce serve', () => {
  let program: BundledProgram;
  let dataDir: string;
  let child: ChildProcess | undefined;
  beforeAll(async () => {
    program = await bundleProgram('../../main.ts');
  });
  afterAll(() => program.remove());
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'cp-'));
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Starts the real command; gives its address and its end. */
  async function serve(): Promise<{ port: number; ended: Promise<number | null> }> {
    const started = spawn(process.execPath, [program.path, 'serve', '--port', '0', '-d', dataDir], {
      env: {
        PATH: process.env['PATH'] ?? '',
        ADMIN_RUNTIME_BACKEND: 'process',
        AGENT_RUNTIME_DIR: join(dataDir, 'run'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    let output = '';
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (data: Buffer) => (output += data.toString()));
    const ended = new Promise<number | null>((resolve) => started.once('close', resolve));
    const port = await until(
      'the banner',
      () => {
        if (started.exitCode !== null) throw new Error(output);
        return /running at http:\/\/localhost:(\d+)/.exec(output)?.[1];
      },
      60_000,
    );
    return { port: Number(port), ended };
  }

  /** Holds the stop for its whole second of patience. */
  async function holdOpen(port: number): Promise<void> {
    const open = connect(port, '127.0.0.1');
    await new Promise<void>((resolve) => open.once('connect', resolve));
    open.on('error', () => undefined);
    open.write('POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }

  it('with --json each line of its output is JSON: the report of the start, then the log; and an error the same', async () => {
    const env = {
      PATH: process.env['PATH'] ?? '',
      ADMIN_RUNTIME_BACKEND: 'process',
      AGENT_RUNTIME_DIR: join(dataDir, 'run'),
    };
    const args = [program.path, 'serve', '--json', '-d', dataDir];
    const started = spawn(process.execPath, [...args, '--port', '0'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    let output = '';
    let problems = '';
    started.stdout.on('data', (data: Buffer) => (output += data.toString()));
    started.stderr.on('data', (data: Buffer) => (problems += data.toString()));
    const ended = new Promise((resolve) => started.once('close', resolve));
    const report = await until(
      'the report',
      () => {
        if (started.exitCode !== null) throw new Error(problems);
        const line = output.split('\n').find((one) => one.includes('"setup_link"'));
        return line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>);
      },
      60_000,
    );
    expect(report).toMatchObject({ runtime: 'process', mode: 'development', first_user: 'admin' });
    expect(report['setup_link']).toMatch(/^http:\/\/localhost:\d+\/claim#/);
    expect(report['not_enforced']).toContainEqual(expect.stringMatching(/process/i));
    const { port } = new URL(report['url'] as string);

    const second = spawn(process.execPath, [...args.slice(0, -1), `${dataDir}2`, '--port', port], { env });
    let refusal = '';
    second.stdout.on('data', (data: Buffer) => (refusal += data.toString()));
    expect(await new Promise((resolve) => second.once('close', resolve))).toBe(1);
    await rm(`${dataDir}2`, { recursive: true, force: true });
    expect(JSON.parse(refusal.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      code: 'EADDRINUSE',
      fix: expect.stringContaining('--port') as string,
    });

    started.kill('SIGTERM');
    expect(await ended).toBe(0);
    for (const line of `${output}${refusal}`.trimEnd().split('\n')) JSON.parse(line);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'stops on %s with 0 and leaves nothing behind',
    async (signal) => {
      const { ended } = await serve();
      child?.kill(signal);
      expect(await ended).toBe(0);
      expect(await readdir(join(dataDir, 'admin'))).not.toContain('clawforce.sock');
    },
  );

  it('stops in order when its terminal is closed: nobody reads its output, and the hang-up comes twice', async () => {
    const { port, ended } = await serve();
    await holdOpen(port);
    child?.stdout?.destroy();
    child?.stderr?.destroy();
    child?.kill('SIGHUP');
    await new Promise((resolve) => setTimeout(resolve, 300));
    child?.kill('SIGHUP');
    expect(await ended).toBe(0);
    expect(await readdir(join(dataDir, 'admin'))).not.toContain('clawforce.sock');
  });

  it.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGTERM'],
  ] as const)('ends at once on %s and then %s', async (first, second) => {
    const { port, ended } = await serve();
    await holdOpen(port);
    child?.kill(first);
    await new Promise((resolve) => setTimeout(resolve, 300));
    child?.kill(second);
    // A stop that was waited for ends with 0.
    expect(await ended).toBe(1);
  });
});
