import { lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { adminClient } from '../cli/admin-client.js';
import { allPages } from '../cli/all-pages.js';
import { openStorage, StorageError } from '../storage/index.js';
import { openOffline } from './open-offline.js';
import { startTestPlane, type TestPlane } from './testing/test-plane.js';
import { stopServer } from './stoppable-server.js';
import { listenOnUnixSocket } from './unix-listener.js';

let directory: string;
const running: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cp-'));
  for (const [name, value] of Object.entries({
    ADMIN_RUNTIME_BACKEND: 'process',
    AGENT_RUNTIME_DIR: join(directory, 'run'),
  }))
    vi.stubEnv(name, value);
});
afterEach(async () => {
  for (const plane of running.splice(0)) await plane.stop();
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

async function plane(): Promise<TestPlane> {
  const started = await startTestPlane({ dataDir: directory });
  running.push(started);
  return started;
}
const socketPath = (): string => join(directory, 'admin', 'clawforce.sock');

function call(
  path: string,
  route: string,
  method = 'GET',
  body?: object,
): Promise<{ status: number; body: string }> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    request({ socketPath: path, path: route, method, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (data: Buffer) => (text += data.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    })
      .on('error', reject)
      .end(body === undefined ? undefined : JSON.stringify(body));
  });
}

describe('the admin socket of a running server', () => {
  it('is open to its own user only, and is gone when the server has stopped', async () => {
    const test = await plane();
    const info = lstatSync(socketPath());
    expect(info.isSocket()).toBe(true);
    expect((info.mode & 0o777).toString(8)).toBe('600');
    expect((lstatSync(join(directory, 'admin')).mode & 0o777).toString(8)).toBe('700');
    await test.stop();
    expect(readdirSync(join(directory, 'admin'))).not.toContain('clawforce.sock');
  });

  it('needs no sign-in and is a superadmin without a session', async () => {
    await plane();
    expect(JSON.parse((await call(socketPath(), '/api/admin/setup')).body)).toEqual({
      claimed: false,
      username: 'admin',
    });
    expect((await call(socketPath(), '/api/admin/users')).status).toBe(200);
    expect((await call(socketPath(), '/api/auth/stream-token', 'POST')).status).toBe(400);
  });

  it('replaces the socket that a killed server left behind', async () => {
    mkdirSync(join(directory, 'admin'), { mode: 0o700 });
    const killed = createServer();
    await listenOnUnixSocket(killed, socketPath());
    await plane();
    expect((await call(socketPath(), '/healthz')).status).toBe(200);
    await stopServer(killed);
  });
});

describe('what stands in the way of the admin socket', () => {
  it.each<[string, (path: string) => void]>([
    ['a file', (path) => writeFileSync(path, 'precious')],
    ['a directory', (path) => mkdirSync(path)],
    ['a link to a socket', (path) => symlinkSync('/tmp/elsewhere.sock', path)],
  ])(
    '%s is refused with a sentence and stays, and nothing of the server keeps running',
    async (_what, make) => {
      mkdirSync(join(directory, 'admin'), { mode: 0o700 });
      make(socketPath());
      const before = lstatSync(socketPath()).ino;
      await expect(plane()).rejects.toThrow(
        `${socketPath()} is in the way and is no socket of this user; remove it.`,
      );
      expect(lstatSync(socketPath()).ino).toBe(before);
      await rm(socketPath(), { recursive: true });
      // The writer lock is free again.
      await plane();
    },
  );

  requires('root').test('a socket of another user is refused', async () => {
    mkdirSync(join(directory, 'admin'), { mode: 0o700 });
    const foreign = createServer();
    await listenOnUnixSocket(foreign, socketPath());
    await chown(socketPath(), 65_534, 65_534);
    await expect(plane()).rejects.toThrow('is in the way and is no socket of this user');
    await stopServer(foreign);
  });

  it('a path that no unix socket takes is refused with a sentence', async () => {
    const long = join(directory, 'x'.repeat(120));
    await expect(listenOnUnixSocket(createServer(), long)).rejects.toThrow(/too long for a unix socket/);
  });
});

describe('without a server', () => {
  it('the same routes are served under the writer lock, without workers', async () => {
    const offline = await openOffline({ dataDir: directory });
    running.push({ stop: () => offline.close() });
    expect((lstatSync(offline.socketPath).mode & 0o777).toString(8)).toBe('600');
    expect((await call(offline.socketPath, '/api/admin/users')).status).toBe(200);
    const created = await call(offline.socketPath, '/api/agents', 'POST', { name: 'offline' });
    expect(created.status).toBe(201);
    const { id } = JSON.parse(created.body) as { id: string };
    const start = await call(offline.socketPath, `/api/agents/${id}/start`, 'POST');
    expect([start.status, (JSON.parse(start.body) as { code: string }).code]).toEqual([
      503,
      'SERVER_NOT_RUNNING',
    ]);
    expect((await call(offline.socketPath, `/api/agents/${id}`, 'DELETE')).status).toBe(204);
    await expect(plane()).rejects.toSatisfy(
      (error) => error instanceof StorageError && error.code === 'LOCKED',
    );
    await expect(openOffline({ dataDir: directory })).rejects.toSatisfy(
      (error) => error instanceof StorageError && error.code === 'LOCKED',
    );
  });

  it('finds the first superadmin and lists everybody, however many users came later', async () => {
    await (await openOffline({ dataDir: directory })).close();
    const storage = await openStorage(`file:${join(directory, 'admin', 'clawforce.db')}`);
    await storage.transaction(async ({ users }) => {
      for (let number = 0; number < 201; number += 1)
        await users.create({ username: `later-${number}`, passwordHash: null, role: 'admin' });
    });
    await storage.close();
    const offline = await openOffline({ dataDir: directory });
    running.push({ stop: () => offline.close() });
    expect(JSON.parse((await call(offline.socketPath, '/api/admin/setup')).body)).toEqual({
      claimed: false,
      username: 'admin',
    });
    const client = adminClient(offline.socketPath, false);
    const users = await allPages<{ username: string; role: string }>(client, '/api/admin/users');
    expect(users).toHaveLength(202);
    expect(new Set(users.map(({ username }) => username)).size).toBe(202);
    expect(users.filter(({ role }) => role === 'superadmin')).toMatchObject([{ username: 'admin' }]);
  });

  it('leaves no socket behind and frees the lock', async () => {
    const offline = await openOffline({ dataDir: directory });
    await offline.close();
    expect(readdirSync(join(directory, 'admin')).filter((name) => name.startsWith('cli-'))).toEqual([]);
    await plane();
  });

  it('is refused while a server holds the lock', async () => {
    await plane();
    await expect(openOffline({ dataDir: directory })).rejects.toSatisfy(
      (error) => error instanceof StorageError && error.code === 'LOCKED',
    );
  });
});
