import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type Server, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { rawPlan } from '../testing/raw-plan.js';
import type { Confiner } from './confiner.js';
import { createConfiner } from './create-confiner.js';
import { runCommand, type RunOptions, type RunResult } from './run-command.js';

// Prints the answer of the proxy to one absolute-form request, as an HTTP client would send it.
const ask = (target: string): string => `
const { hostname, port } = new URL(process.env.http_proxy);
require('node:http').get({ hostname, port, path: '${target}' }, (answer) => {
  let text = '';
  answer.on('data', (chunk) => (text += chunk)).on('end', () => console.log(answer.statusCode, text));
});`;

requires('bwrap').describe('a command with a proxy socket', () => {
  let base: string;
  let confiner: Confiner;
  let proxy: HttpServer;
  let host: Server;
  let hostPort: number;
  let proxySocket: string;
  const seen: string[] = [];

  beforeAll(async () => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'policy-shell-proxy-')));
    mkdirSync(join(base, 'workspace'));
    proxySocket = join(base, 'egress.sock');
    const node = dirname(dirname(realpathSync(process.execPath)));
    confiner = await createConfiner({ toolDirectories: node === '/usr' ? [] : [node] });
    proxy = createHttpServer((request, response) => {
      seen.push(request.url ?? '');
      response.end(request.url?.endsWith('/large') === true ? 'x'.repeat(1_000_000) : 'through the proxy');
    });
    await new Promise<void>((resolve) => proxy.listen(proxySocket, resolve));
    host = createServer((socket) => socket.end('the host'));
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    hostPort = (host.address() as AddressInfo).port;
  });
  afterAll(() => {
    proxy.closeAllConnections();
    proxy.close();
    host.close();
    rmSync(base, { recursive: true, force: true });
  });

  const run = (argv: readonly string[], options: Partial<RunOptions> = {}): Promise<RunResult> =>
    runCommand(rawPlan(join(base, 'workspace'), argv), { confiner, network: { proxySocket }, ...options });

  it('reaches the proxy, through the address in its environment', async () => {
    const { stdout, stderr, guarantees } = await run(['node', '-e', ask('http://example.org/a')]);
    expect([stdout.text.trim(), stderr.text]).toEqual(['200 through the proxy', '']);
    expect(seen).toContain('http://example.org/a');
    expect(guarantees).toContain('network-proxy-only');
    expect(guarantees).not.toContain('network-none');
  });

  it('gets large answers whole', async () => {
    const { stdout } = await run(['node', '-e', ask('http://example.org/large')], {
      maxOutputBytes: 3_000_000,
    });
    expect(stdout.text.trim()).toBe(`200 ${'x'.repeat(1_000_000)}`);
  });

  it('reaches nothing else: no loopback of the host, no interface, no resolver', async () => {
    const script = `
      const connect = (options) => new Promise((resolve) => {
        require('node:net').connect(options).on('connect', () => resolve('open')).on('error', () => resolve('shut'));
      });
      (async () => console.log(
        await connect({ host: '127.0.0.1', port: ${hostPort} }),
        await connect({ host: '192.0.2.1', port: 80 }),
        Object.keys(require('node:os').networkInterfaces()).join(),
        require('node:fs').readFileSync('/etc/resolv.conf', 'utf8') !== '',
      ))();`;
    expect((await run(['node', '-e', script])).stdout.text.trim()).toBe('shut shut lo false');
    const control = await run(['node', '-e', script], { network: 'host' });
    expect(control.stdout.text).toMatch(/^open /);
  });

  it('keeps exit codes, missing programs and the time-out as they are without it', async () => {
    expect(await run(['sh', '-c', 'echo out; echo err >&2; exit 7'])).toMatchObject({
      exitCode: 7,
      stdout: { text: 'out\n' },
      stderr: { text: 'err\n' },
    });
    expect((await run(['no-such-program'])).exitCode).toBe(127);
    expect((await run(['sh', '-c', 'kill -9 $$'])).exitCode).toBe(137);
    expect(await run(['sleep', '86315'], { timeoutMs: 300 })).toMatchObject({ timedOut: true });
  });

  it('is not run where the socket is missing', async () => {
    const missing = { proxySocket: join(base, 'none.sock') };
    await expect(run(['true'], { network: missing })).rejects.toMatchObject({ code: 'NETWORK_UNSUPPORTED' });
    const file = { proxySocket: join(base, 'workspace') };
    await expect(run(['true'], { network: file })).rejects.toMatchObject({ code: 'NETWORK_UNSUPPORTED' });
  });
});
