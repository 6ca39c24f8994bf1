import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer as createTlsServer } from 'node:https';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { selfSigned } from '../testing/certificate.js';
import { dialTo, listen, type Opened } from '../testing/harness.js';
import { proxyHarness, until, type ProxyHarness } from '../testing/proxy-harness.js';

const run = promisify(execFile);
const { key, cert } = selfSigned(['code.example.org', 'registry.example.org']);

let folder: string;
let served: Opened;
let harness: ProxyHarness;
let requests: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'egress-clients-'));
  await writeFile(join(folder, 'ca.pem'), cert);
  requests = [];
});
afterEach(async () => {
  await harness.proxy.close();
  await served.close();
  await rm(folder, { recursive: true });
});

async function serve(
  answer: (path: string) => Promise<{ type: string; body: Buffer } | undefined>,
): Promise<void> {
  served = await listen(
    createTlsServer({ key, cert }, (request, response) => {
      const path = new URL(request.url ?? '/', 'https://x').pathname;
      requests.push(path);
      answer(path).then(
        (file) => {
          if (file === undefined) response.writeHead(404).end();
          else response.writeHead(200, { 'content-type': file.type }).end(file.body);
        },
        () => response.writeHead(404).end(),
      );
    }),
  );
  harness = await proxyHarness({
    policy: { allowlist: ['code.example.org', 'registry.example.org'] },
    dial: dialTo(served.port),
    sniPorts: [443],
  });
}

/** What a command behind the shim finds; nothing of the settings of whoever runs the tests. */
const environment = (more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => {
  const proxy = `http://127.0.0.1:${harness.port}`;
  return {
    PATH: process.env['PATH'],
    HOME: folder,
    http_proxy: proxy,
    https_proxy: proxy,
    no_proxy: '',
    ...more,
  };
};

requires('git').test('git clones over https through the proxy, and is told why it may not', async () => {
  const source = join(folder, 'source');
  const git = (...args: string[]) =>
    run(
      'git',
      ['-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'init.defaultBranch=main', ...args],
      {
        env: { PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1' },
      },
    );
  await git('init', '-q', source);
  await writeFile(join(source, 'hello.txt'), 'through the proxy\n');
  await git('-C', source, 'add', '.');
  await git('-C', source, 'commit', '-qm', 'first');
  await git('clone', '-q', '--bare', source, join(folder, 'bare.git'));
  await git('-C', join(folder, 'bare.git'), 'update-server-info');
  await serve(async (path) => ({
    type: 'application/octet-stream',
    body: await readFile(join(folder, 'bare.git', path.replace(/^\/repo\.git\//, ''))),
  }));
  const env = environment({
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_SSL_CAINFO: join(folder, 'ca.pem'),
    GIT_TERMINAL_PROMPT: '0',
  });
  await run('git', ['clone', '-q', 'https://code.example.org/repo.git', join(folder, 'copy')], { env });
  expect(await readFile(join(folder, 'copy', 'hello.txt'), 'utf8')).toBe('through the proxy\n');
  const refused = run('git', ['ls-remote', 'https://elsewhere.example.org/repo.git'], { env });
  await expect(refused).rejects.toThrow(/403/);
  await until(() => harness.events.some(({ verdict }) => verdict === 'deny'));
  expect(harness.events.map(({ method, host, rule }) => [method, host, rule])).toEqual(
    expect.arrayContaining([
      ['CONNECT', 'code.example.org', 'net.allow'],
      ['CONNECT', 'elsewhere.example.org', 'net.allowlist.not-listed'],
    ]),
  );
  expect(harness.lookups).not.toContain('elsewhere.example.org');
});

test('npm installs from a registry through the proxy, and not from one that is off the list', async () => {
  const tarball = gzipSync(tar('package/package.json', '{"name":"hello-egress","version":"1.0.0"}'));
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const dist = { tarball: 'https://registry.example.org/hello-egress/-/hello-egress-1.0.0.tgz', integrity };
  const manifest = { name: 'hello-egress', version: '1.0.0', dist };
  await serve((path) =>
    Promise.resolve(
      path === '/hello-egress'
        ? {
            type: 'application/json',
            body: Buffer.from(
              JSON.stringify({
                name: 'hello-egress',
                'dist-tags': { latest: '1.0.0' },
                versions: { '1.0.0': manifest },
              }),
            ),
          }
        : path.endsWith('.tgz')
          ? { type: 'application/octet-stream', body: tarball }
          : undefined,
    ),
  );
  const project = join(folder, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{"name":"p","version":"1.0.0","private":true}');
  const npm = (registry: string) =>
    run(
      'npm',
      ['install', 'hello-egress', '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=0'],
      {
        cwd: project,
        env: environment({
          npm_config_registry: registry,
          npm_config_cache: join(folder, 'cache'),
          npm_config_userconfig: join(folder, 'none'),
          npm_config_globalconfig: join(folder, 'no-globals'),
          npm_config_update_notifier: 'false',
          NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
        }),
      },
    );
  await npm('https://registry.example.org/');
  expect(await readFile(join(project, 'node_modules/hello-egress/package.json'), 'utf8')).toContain(
    '"1.0.0"',
  );
  expect(requests).toEqual(['/hello-egress', '/hello-egress/-/hello-egress-1.0.0.tgz']);
  await rm(join(project, 'node_modules'), { recursive: true });
  await rm(join(folder, 'cache'), { recursive: true });
  await rm(join(project, 'package-lock.json'));
  await expect(npm('https://elsewhere.example.org/')).rejects.toThrow();
  await until(() => harness.events.some(({ host }) => host === 'elsewhere.example.org'));
  expect(harness.events.find(({ host }) => host === 'elsewhere.example.org')).toMatchObject({
    verdict: 'deny',
    rule: 'net.allowlist.not-listed',
  });
  expect(harness.lookups).not.toContain('elsewhere.example.org');
}, 120_000);

/** One file as a tar archive (POSIX ustar). */
function tar(name: string, text: string): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, at: number, length: number): void =>
    void header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at);
  header.write(name, 0);
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(Buffer.byteLength(text), 124, 12);
  octal(0, 136, 12);
  header.write('        0', 148);
  header.write('ustar\u000000', 257, 'latin1');
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  header.write(' ', 155);
  const body = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512);
  body.write(text);
  return Buffer.concat([header, body, Buffer.alloc(1_024)]);
}
