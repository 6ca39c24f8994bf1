import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { startTestPlane, until, type TestPlane } from '../server/testing/test-plane.js';
import { DashboardFiles, NONCE_PLACEHOLDER } from './dashboard-files.js';

const script = `
document.querySelector('h1').textContent = 'Started ' + location.pathname;
const say = (text) => { document.querySelector('p').textContent += text + ';'; };
try { document.body.insertAdjacentHTML('beforeend', '<b>markup</b>'); say('markup accepted'); } catch { say('markup refused'); }
try { new Function('return 1')(); say('eval accepted'); } catch { say('eval refused'); }
const socket = new WebSocket(location.origin.replace('http', 'ws') + '/api/control/ws/?EIO=4&transport=websocket');
socket.onopen = () => say('socket opened');
socket.onerror = () => say('socket refused');
await import('./part.js');
`;
const page = `<!doctype html><html><head><title>Dashboard</title>
<style nonce="${NONCE_PLACEHOLDER}">h1 { color: rgb(1, 2, 3); }</style>
<style>h1 { background-color: rgb(4, 5, 6); }</style></head><body><h1>waits</h1><p></p>
<script type="module" nonce="${NONCE_PLACEHOLDER}" src="/assets/main-abc123.js"></script>
<script>document.title = 'inline script ran';</script></body></html>`;

let directory: string;
let test: TestPlane;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dash-'));
  const dist = join(directory, 'dist');
  await mkdir(join(dist, 'assets'), { recursive: true });
  const files: Record<string, string | Buffer> = {
    'index.html': page,
    'favicon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'assets/main-abc123.js': script,
    'assets/main-abc123.js.br': brotliCompressSync(script),
    'assets/main-abc123.js.gz': gzipSync(script),
    'assets/main-abc123.js.map': '{"sources":["secret"]}',
    'assets/part.js': "document.querySelector('p').textContent += 'import ran;';",
    'assets/style.css': 'h1 {}',
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(dist, name), content);
  await writeFile(join(directory, 'outside.txt'), 'outside');
  await symlink(join(directory, 'outside.txt'), join(dist, 'assets', 'link.txt'));
  test = await startTestPlane({ dashboard: dist });
});
afterAll(async () => {
  await test.remove();
  await rm(directory, { recursive: true, force: true });
});

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const nonceOf = (headers: Headers): string =>
  /script-src 'nonce-([^']+)'/.exec(headers.get('content-security-policy') ?? '')?.[1] ?? '';

/** The path goes out as it is written: fetch would resolve its dots. */
function raw(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    request(`${test.url}/`, { method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    })
      .on('error', reject)
      .end();
  });
}

describe('the page of the dashboard', () => {
  it.each(['/', '/login', '/agents/8f/files/report.final.md', '/audit?actor=x'])(
    'is what a browser gets at %s, with a nonce of its own',
    async (path) => {
      const first = await test.call('GET', path, { headers: html });
      const second = await test.call('GET', path, { headers: html });
      expect(first.status).toBe(200);
      expect(first.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(first.headers.get('cache-control')).toBe('no-store');
      const [one, two] = [nonceOf(first.headers), nonceOf(second.headers)];
      expect(Buffer.from(one, 'base64').byteLength).toBeGreaterThanOrEqual(16);
      expect(one).not.toBe(two);
      expect(first.text).toBe(page.replaceAll(NONCE_PLACEHOLDER, one));
      expect(second.text).toBe(page.replaceAll(NONCE_PLACEHOLDER, two));
    },
  );

  it('comes with a policy that names everything and lets nothing inline, evaluated or framed through', async () => {
    const { headers } = await test.call('GET', '/', { headers: html });
    const nonce = nonceOf(headers);
    const policy = Object.fromEntries(
      (headers.get('content-security-policy') ?? '').split(';').map((directive) => {
        const [name = '', ...values] = directive.trim().split(' ');
        return [name, values.join(' ')];
      }),
    );
    expect(policy).toEqual({
      'default-src': "'none'",
      'script-src': `'nonce-${nonce}' 'strict-dynamic'`,
      'style-src': `'nonce-${nonce}'`,
      'img-src': "'self' data:",
      'font-src': "'self'",
      'connect-src': "'self'",
      'object-src': "'none'",
      'form-action': "'self'",
      'base-uri': "'none'",
      'frame-ancestors': "'none'",
      'require-trusted-types-for': "'script'",
      'trusted-types': "'none'",
    });
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it.each(['/api/nothing', '/api', '/assets/old-123.js', '/healthz/x', '/metrics'])(
    'does not stand in for %s',
    async (path) => {
      const { status, body } = await test.call('GET', path, { headers: html });
      expect([status, body.code]).toEqual([404, 'NOT_FOUND']);
    },
  );

  it('is not given to a program that asks for no page, nor to another method', async () => {
    expect((await test.call('GET', '/nowhere', { headers: { accept: 'application/json' } })).status).toBe(
      404,
    );
    expect((await test.call('POST', '/login', { headers: html })).status).toBe(404);
    expect((await test.call('POST', '/api/agents/x/status', { headers: html })).status).toBe(405);
  });

  it('has the claim page too, and leaves the reference where it was', async () => {
    expect((await test.call('GET', '/claim', { headers: html })).text).toContain('<title>Dashboard</title>');
    expect((await test.call('GET', '/api/docs', { headers: html })).text).toContain('Clawforce API');
  });
});

describe('a file of the dashboard', () => {
  const path = '/assets/main-abc123.js';

  it.each([
    [path, 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/assets/style.css', 'text/css; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/favicon.svg', 'image/svg+xml', 'no-cache'],
  ])('%s is %s, %s', async (name, type, caching) => {
    const { status, headers } = await raw(name);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe(type);
    expect(headers['cache-control']).toBe(caching);
    expect(headers['vary']).toMatch(/accept-encoding/i);
  });

  it.each<[string, string | undefined, (body: Buffer) => Buffer]>([
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['br;q=0, gzip', 'gzip', gunzipSync],
    ['identity', undefined, (body) => body],
    ['', undefined, (body) => body],
  ])('is sent for accept-encoding "%s" as %s', async (accepted, encoding, decode) => {
    const { headers, body } = await raw(path, { 'accept-encoding': accepted });
    expect(headers['content-encoding']).toBe(encoding);
    expect(headers['content-length']).toBe(String(body.byteLength));
    expect(decode(body).toString()).toBe(script);
  });

  it('answers HEAD with its length and nothing else', async () => {
    const { status, headers, body } = await raw(path, {}, 'HEAD');
    expect([status, headers['content-length'], body.byteLength]).toEqual([200, String(script.length), 0]);
  });

  it.each([
    '/../outside.txt',
    '/assets/../../outside.txt',
    '/assets/..%2f..%2foutside.txt',
    '/assets/%2e%2e/%2e%2e/outside.txt',
    '/assets/..\\..\\outside.txt',
    '/assets/link.txt',
    '//etc/passwd',
    '/assets/main-abc123.js%00.txt',
    '/assets/main-abc123.js.map',
    '/assets/main-abc123.js.br',
    '/assets/__proto__',
    '/assets/%',
    '/index.html',
  ])('is none at %s', async (name) => {
    const { status, body } = await raw(name);
    expect([400, 404]).toContain(status);
    expect(body.toString()).not.toMatch(/outside$|root:/);
  });
});

describe('a directory without a build', () => {
  it('is no dashboard', async () => {
    expect(await DashboardFiles.read(join(directory, 'nowhere'))).toBeUndefined();
    expect(await DashboardFiles.read(join(directory, 'dist', 'assets'))).toBeUndefined();
  });

  it('is refused with a page that has no place for the nonce', async () => {
    const broken = join(directory, 'broken');
    await mkdir(broken);
    await writeFile(join(broken, 'index.html'), '<script src="/x.js"></script>');
    await expect(DashboardFiles.read(broken)).rejects.toThrow(/__CSP_NONCE__/);
  });
});

requires('chromium').test(
  'in a browser: own scripts, styles and the socket work, others do not',
  async () => {
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
      ],
    });
    try {
      const tab = await browser.newPage();
      await tab.goto(`${test.url}/agents/deep/link`);
      const said = await until('the page', async () => {
        const text = (await tab.locator('p').textContent()) ?? '';
        return text.includes('socket') && text.includes('import') && text;
      });
      expect(said).toContain('markup refused;eval refused;');
      expect(said).toContain('socket opened;');
      expect(said).toContain('import ran;');
      expect(await tab.locator('h1').textContent()).toBe('Started /agents/deep/link');
      expect(await tab.title()).toBe('Dashboard');
      const style = await tab.evaluate(
        `(({ color, backgroundColor }) => ({ color, backgroundColor }))(getComputedStyle(document.querySelector('h1')))`,
      );
      expect(style).toEqual({ color: 'rgb(1, 2, 3)', backgroundColor: 'rgba(0, 0, 0, 0)' });
    } finally {
      await browser.close();
    }
  },
);
