import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { loopbackShim, type LoopbackShim } from './loopback-shim.js';

/** Sends one request from a process of its own, over IPv4 or IPv6, and prints what comes until the end. */
const knock = (port: number, host: string): string => `
  const socket = require('node:net').connect({ host: '${host}', port: ${port} });
  socket.write('GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n');
  socket.on('data', (chunk) => process.stdout.write(chunk)).on('error', () => undefined);`;

async function answerTo(port: number, { uid, host = '127.0.0.1' }: { uid?: number; host?: string }) {
  const child = spawn(process.execPath, ['-e', knock(port, host)], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number];
  return { status, text };
}

requires('linux').describe('the loopback shim', () => {
  let base: string;
  let proxySocket: string;
  let proxy: Server;
  let asked = 0;
  let shim: LoopbackShim;

  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), 'policy-shell-shim-'));
    proxySocket = join(base, 'egress.sock');
    proxy = createServer((_request, response) => {
      asked += 1;
      response.end('through the proxy');
    });
    await new Promise<void>((resolve) => proxy.listen(proxySocket, resolve));
    shim = await loopbackShim(proxySocket);
  });
  afterAll(() => {
    shim.release();
    proxy.closeAllConnections();
    proxy.close();
    rmSync(base, { recursive: true, force: true });
  });

  test('is shared by its users and closed after the last', async () => {
    const { port } = shim;
    const other = await loopbackShim(proxySocket);
    expect(other.port).toBe(port);
    other.release();
    other.release();
    expect(await (await fetch(`http://127.0.0.1:${port}/direct`)).text()).toBe('through the proxy');
    shim.release();
    await expect(fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).rejects.toThrow();
    shim = await loopbackShim(proxySocket);
  });

  test('serves other processes of its own user, also over an IPv6 socket', async () => {
    for (const host of ['127.0.0.1', '::ffff:127.0.0.1']) {
      const { status, text } = await answerTo(shim.port, { host });
      expect([host, status, text.endsWith('through the proxy')]).toEqual([host, 0, true]);
    }
  });

  requires('root').test('does not serve another user of the host', async () => {
    const before = asked;
    expect(await answerTo(shim.port, { uid: 65_534 })).toEqual({ status: 0, text: '' });
    expect(asked).toBe(before);
    expect((await answerTo(shim.port, {})).text).toContain('through the proxy');
  });

  test('survives clients that are gone before it has looked who they were', async () => {
    for (let i = 0; i < 50; i += 1) {
      const socket = connect(shim.port, '127.0.0.1');
      await once(socket, 'connect');
      if (i % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }
    expect((await answerTo(shim.port, {})).text).toContain('through the proxy');
  });
});
