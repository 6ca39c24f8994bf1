import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestPlane, until, type TestPlane } from '../server/testing/test-plane.js';
import { httpOrigin, type HttpOrigin } from './testing/http-origin.js';

let test: TestPlane;
let dataDir: string;
let pages: HttpOrigin;
let finish = (): void => undefined;
beforeEach(async () => {
  const told = new Promise<void>((resolve) => (finish = resolve));
  pages = await httpOrigin(async ({ url }, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).write('the first half, ');
    if (url !== '/whole') return;
    await told;
    response.end('the second');
  });
  dataDir = await mkdtemp(join(tmpdir(), 'page-'));
  test = await startTestPlane({ dataDir });
});
afterEach(async () => {
  finish();
  await test.remove();
  await pages.close();
});

it('a saved change that does not concern the web ends no page that is half sent; one that does ends it', async () => {
  await test.user('root', 'superadmin');
  const { access: token } = await test.login('root');
  const { body } = await test.call('POST', '/api/agents', { token, body: { name: 'reader' } });
  const { id } = body as { id: string };
  const save = async (patch: unknown): Promise<void> => {
    const { status, text } = await test.call('PATCH', `/api/agents/${id}/config`, { token, body: patch });
    if (status !== 200) throw new Error(text);
  };
  const exceptions = [{ address: '127.0.0.1', port: pages.port }];
  await save({ tools: { web: { fetch: { exceptions } } } });
  // A worker that writes down the secret of its session.
  await (await test.core.files.workspace(id)).writeFile('behaviour', 'stays-away');
  await test.call('POST', `/api/agents/${id}/start`, { token });
  const secret = await until(
    'the secret of its session',
    async () =>
      (await readFile(join(dataDir, 'agents', id, 'workspace', 'secret'), 'utf8').catch(() => '')) ||
      undefined,
    60_000,
  );
  /** Gives a page of which the first half has come. */
  const begun = async (path: string): Promise<{ text: () => string; closed: Promise<boolean> }> => {
    const asked = request({
      ...{ socketPath: join(dataDir, 'run', id, 'broker.sock'), path: '/v1/web/fetch', method: 'POST' },
      headers: { authorization: `Bearer ${secret}` },
      agent: false,
    });
    asked.end(JSON.stringify({ url: `${pages.url}${path}` }));
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    let text = '';
    answer.on('data', (chunk: Buffer) => (text += chunk.toString())).on('error', () => undefined);
    // Unlike once(), this does not fail with an answer that breaks off.
    const closed = new Promise<boolean>((resolve) => answer.once('close', () => resolve(answer.complete)));
    await until('the first half', () => text === 'the first half, ', 60_000);
    return { text: () => text, closed };
  };
  const whole = await begun('/whole');
  await save({ agents: { defaults: { max_tool_iterations: 7 } } });
  // Asked after the change, so it has waited until that is in force.
  const cut = await begun('/cut');
  finish();
  expect([await whole.closed, whole.text()]).toEqual([true, 'the first half, the second']);
  await save({ tools: { web: { fetch: { exceptions: [] } } } });
  expect([await cut.closed, cut.text()]).toEqual([false, 'the first half, ']);
}, 120_000);
