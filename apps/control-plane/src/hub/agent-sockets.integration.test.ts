import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAgentSockets, socketDirectory, type AgentSockets } from './agent-sockets.js';

const AGENT = '0f9d4c1e-7a3b-4c5d-8e6f-001122334455';
let runtimeDir: string;
const open: AgentSockets[] = [];
beforeEach(async () => {
  runtimeDir = await mkdtemp(join(tmpdir(), 'sockets-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((sockets) => sockets.close()));
  await rm(runtimeDir, { recursive: true, force: true });
});

/** Stands for the egress proxy. */
async function listenPlainly(path: string): Promise<() => Promise<void>> {
  const server = createServer((_request, response) => response.end('egress')).listen(path);
  await once(server, 'listening');
  return () => new Promise((resolve) => server.close(() => resolve()));
}

async function openSockets(directory = runtimeDir): Promise<AgentSockets> {
  const sockets = await openAgentSockets({
    runtimeDir: directory,
    agentId: AGENT,
    onUpgrade: (_request, socket) => socket.destroy(),
    broker: createServer((_request, response) => response.end('broker')),
    egress: listenPlainly,
  });
  open.push(sockets);
  return sockets;
}
const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
const get = (socketPath: string): Promise<number> =>
  new Promise((resolve, reject) => {
    request({ socketPath, path: '/', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .once('error', reject)
      .end();
  });

describe("an agent's socket directory", () => {
  it('has mode 0750, its sockets 0660 and the join credential 0400, whatever the umask is', async () => {
    const before = process.umask(0);
    try {
      const sockets = await openSockets();
      await sockets.writeJoin('secret');
      const modes = ['', 'link.sock', 'broker.sock', 'egress.sock', 'join'].map((name) =>
        mode(join(sockets.directory, name)),
      );
      expect(await Promise.all(modes)).toEqual(['750', '660', '660', '660', '400']);
    } finally {
      process.umask(before);
    }
  });

  it('answers on its sockets; the link takes upgrades only', async () => {
    const { directory } = await openSockets();
    expect(await get(join(directory, 'broker.sock'))).toBe(200);
    expect(await get(join(directory, 'link.sock'))).toBe(426);
    expect(await get(join(directory, 'egress.sock'))).toBe(200);
  });

  it('replaces what an earlier run left, sockets that nobody listens on among it', async () => {
    const directory = socketDirectory(runtimeDir, AGENT);
    await mkdir(directory, { mode: 0o777 });
    await writeFile(join(directory, 'join'), 'stale', { mode: 0o666 });
    await writeFile(join(directory, 'link.sock'), 'no socket');
    await openSockets();
    expect((await readdir(directory)).sort()).toEqual(['broker.sock', 'egress.sock', 'link.sock']);
  });

  it('is not what somebody linked there: the target stays as it is', async () => {
    const target = join(runtimeDir, 'precious');
    await mkdir(target);
    await writeFile(join(target, 'file'), 'keep');
    await symlink(target, socketDirectory(runtimeDir, AGENT));
    await openSockets();
    expect(await readdir(target)).toEqual(['file']);
    expect((await stat(socketDirectory(runtimeDir, AGENT))).isDirectory()).toBe(true);
  });

  it('is gone after close, and can be opened again', async () => {
    const sockets = await openSockets();
    await sockets.writeJoin('secret');
    await sockets.close();
    expect(await readdir(runtimeDir)).toEqual([]);
    expect(await get(join((await openSockets()).directory, 'broker.sock'))).toBe(200);
  });

  it('is gone too when one of its sockets cannot listen', async () => {
    const busy = createServer();
    busy.listen(join(runtimeDir, 'busy.sock'));
    const failing = openAgentSockets({
      runtimeDir,
      agentId: AGENT,
      onUpgrade: () => undefined,
      broker: busy,
      egress: listenPlainly,
    });
    await expect(failing).rejects.toThrow(/more than once/);
    expect(await readdir(runtimeDir)).not.toContain(AGENT);
    busy.close();
  });
});

describe('the join credential', () => {
  it('is replaced by a newer one and removed at the first hello, twice without harm', async () => {
    const sockets = await openSockets();
    await sockets.writeJoin('first');
    await sockets.writeJoin('second');
    expect(await readFile(join(sockets.directory, 'join'), 'utf8')).toBe('second');
    await sockets.removeJoin();
    await sockets.removeJoin();
    expect((await readdir(sockets.directory)).sort()).toEqual(['broker.sock', 'egress.sock', 'link.sock']);
  });
});

describe('a long runtime directory', () => {
  it('still gives sockets whose path the system can hold', async () => {
    const long = join(runtimeDir, 'x'.repeat(Math.max(1, 103 - 16 - 12 - 2 - runtimeDir.length)));
    await mkdir(long);
    const { directory } = await openSockets(long);
    expect(directory).not.toContain(AGENT);
    expect(Buffer.byteLength(join(directory, 'broker.sock'))).toBeLessThanOrEqual(103);
    expect(await get(join(directory, 'broker.sock'))).toBe(200);
  });

  it('that leaves no room is refused with a sentence that names the setting', () => {
    expect(() => socketDirectory(`/${'x'.repeat(100)}`, AGENT)).toThrow(/AGENT_RUNTIME_DIR/);
  });

  it('never gives two agents the same directory', () => {
    const long = `/tmp/${'x'.repeat(60)}`;
    const names = Array.from({ length: 200 }, (_, n) => socketDirectory(long, `${AGENT}-${n}`));
    expect(new Set(names).size).toBe(200);
  });
});
