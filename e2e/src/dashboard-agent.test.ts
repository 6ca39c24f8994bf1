import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Page, WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { requires } from '../../tools/host/host-test.js';
import type { Api } from './support/api.js';
import { openDashboard, startScriptedAgent, type Dashboard } from './support/dashboard.js';
import { waitFor } from './support/product.js';

const host = requires('chromium');
/** What browsers log by themselves: the refresh before sign-in, the refused saves. */
const EXPECTED = /the server responded with a status of (400|401|412) /;
const HOSTILE = [
  '<img src="https://evil.example/a.gif" onerror="window.broken = true">',
  '<script>window.broken = true</script>',
  '[open](javascript:window.broken=true)',
  '![beacon](https://evil.example/beacon.gif)',
  'right\u202Eexe.txt',
  '\u001b[2J\u001b]0;title\u0007',
  'W'.repeat(4_000),
].join('\n\n');
const SLOW = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ');

host.describe('one agent in a real browser', () => {
  let dashboard: Dashboard;
  let page: Page;
  let api: Api;
  let agentId = '';
  let base = '';
  const asked: string[] = [];
  const sockets = new Set<WebSocketRoute>();

  const configOf = async (): Promise<any> =>
    (await api.call('GET', `/api/agents/${agentId}/config`)).body.config;
  const look = (name: string): Promise<string[]> => dashboard.look(name);

  beforeAll(async () => {
    dashboard = await openDashboard('agent');
    ({ page } = dashboard);
    api = await dashboard.claim();
    agentId = await startScriptedAgent(api, 'Trial', {
      turns: [
        {
          when: 'hostile',
          steps: [
            { say: HOSTILE, calls: [{ tool: 'read_file', args: { path: '.config/agent.json' } }] },
            { say: 'That was hostile.' },
          ],
        },
        { when: 'slowly', steps: [{ say: SLOW, word_delay_ms: 150 }] },
        { steps: [{ say: 'Good.' }] },
      ],
    });
    base = `${dashboard.product.url}/agents/${agentId}`;
    page.on('request', (request) => asked.push(request.url()));
    await page.routeWebSocket(/\/api\/control\//, (socket) => {
      socket.connectToServer();
      sockets.add(socket);
    });
    await page.goto(`${base}/chat`);
    await dashboard.signIn();
    await page.getByRole('heading', { level: 1, name: 'Trial' }).waitFor();
  });
  afterAll(() => dashboard.close());

  host.test('an agent that writes markup, scripts, beacons and control codes writes text', async () => {
    await page.getByRole('textbox', { name: 'Message' }).fill('Be hostile.');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('That was hostile.').first().waitFor({ timeout: 60_000 });
    const log = page.getByRole('group', { name: 'Conversation' });
    await log.getByText(/<script>window\.broken/).waitFor();
    expect(await log.locator('img, script, iframe, a[href^="javascript:"]').count()).toBe(0);
    const text = (await log.textContent()) ?? '';
    expect(text).toContain('RLO');
    expect(text).not.toMatch(/[\u202E\u001b\u0007]/);
    expect(await look('chat-hostile')).toEqual([]);

    await page.goto(`${base}/activity`);
    await page
      .getByRole('button', { name: /Refused/ })
      .first()
      .waitFor();
    expect(await page.getByRole('group', { name: 'Activity' }).locator('img, script, a').count()).toBe(0);
    expect(await page.evaluate('window.broken')).toBeUndefined();
    expect(asked.filter((url) => !url.startsWith(dashboard.product.url))).toEqual([]);
  });

  host.test('a refusal in the activity opens with rule, reason and trace, and has an address', async () => {
    expect(await look('activity')).toEqual([]);
    await page.getByLabel('Show').selectOption('refusals');
    await page
      .getByRole('button', { name: /Refused/ })
      .first()
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('fs.zone.hidden').first().waitFor();
    await dialog.getByText('Layers, in order').waitFor();
    expect(await look('activity-event')).toEqual([]);
    await page.reload();
    await page.getByRole('dialog').getByText('fs.zone.hidden').first().waitFor();
    await page.keyboard.press('Escape');
  });

  host.test('what an agent says arrives once although the socket is cut while it speaks', async () => {
    await page.goto(`${base}/chat?session=dashboard:cut`);
    await page.getByRole('textbox', { name: 'Message' }).fill('Speak slowly.');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText(/word5/).first().waitFor({ timeout: 60_000 });
    const before = sockets.size;
    for (const socket of sockets) await socket.close({ code: 4000 });
    await waitFor(() => Promise.resolve(sockets.size > before), { what: () => 'another socket' });
    await page
      .getByLabel('Answer of the agent')
      .getByText(/word59/)
      .waitFor({ timeout: 60_000 });
    await waitFor(async () => (await page.getByText(/word59/).count()) === 1, { what: () => 'one answer' });
    await page.getByRole('textbox', { name: 'Message' }).fill('Are you there?');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Good.', { exact: true }).waitFor({ timeout: 60_000 });
  });

  host.test(
    'two tabs that change one setting: the second keeps what was typed and saves knowingly',
    async () => {
      await page.goto(`${base}/settings?section=tools`);
      const field = page.getByLabel('Seconds until a command is ended');
      await field.fill('40');
      const other = await dashboard.secondTab(`/agents/${agentId}/settings?section=tools`);
      await other.getByLabel('Seconds until a command is ended').fill('30');
      await other.getByRole('button', { name: 'Save' }).click();
      await other.getByText('Saved, and the running worker has confirmed it.').waitFor();
      await other.close();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Seconds until a command is ended is now 30').waitFor();
      expect(await field.inputValue()).toBe('40');
      expect(await look('settings-conflict')).toEqual([]);
      expect((await configOf()).tools.exec.timeout).toBe(30);
      await page.getByRole('button', { name: 'Keep my changes' }).click();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved, and the running worker has confirmed it.').waitFor();
      expect((await configOf()).tools.exec.timeout).toBe(40);
      await field.fill('soon');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Must be a whole number.').waitFor();
      expect(await field.inputValue()).toBe('soon');
    },
  );

  host.test('a key is set and never seen again, in no answer and in no page', async () => {
    const secret = `sk-${randomBytes(12).toString('hex')}`;
    const bodies: string[] = [];
    page.on('response', (response) => {
      response.text().then(
        (text) => bodies.push(text),
        () => undefined,
      );
    });
    await page.goto(`${base}/settings?section=model`);
    await page.getByRole('button', { name: 'Add provider' }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('main');
    await page.getByLabel('API key').fill(secret);
    const changed = page.waitForResponse((response) => response.request().method() === 'PATCH');
    await page.getByRole('button', { name: 'Save provider' }).click();
    // The answer of the change itself is looked at before the page that got it is gone.
    bodies.push(await (await changed).text());
    await page.getByText('Key set').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Edit main' }).click();
    await page.getByRole('button', { name: 'Replace API key' }).waitFor();
    expect(await look('settings-provider')).toEqual([]);
    expect(bodies.length).toBeGreaterThan(2);
    expect([...bodies, await page.content()].some((text) => text.includes(secret))).toBe(false);
    await page.getByRole('button', { name: 'Cancel' }).click();
  });

  host.test(
    'Security says what this server does not hold, and a protection is taken off behind its consequence',
    async () => {
      await page.goto(`${base}/settings?section=security`);
      await page
        .getByText('no container: a worker can read what the user of the control plane can read')
        .waitFor();
      expect(await look('settings-security')).toEqual([]);
      await page.getByRole('radio', { name: 'Safe' }).check();
      await page.getByText(/The agent will not start until that changes/).waitFor();
      await page.getByText('This server does not hold what the cards promise of containers.').waitFor();
      expect((await configOf()).security).toBeUndefined();
      await page.getByRole('button', { name: 'Keep Standard' }).click();
      await page.getByRole('switch', { name: 'Refuse private addresses' }).click({ force: true });
      await page.getByRole('button', { name: 'Take it off' }).click();
      // Signed in less than five minutes ago, which counts as the password; settings-page.test.tsx has the question for it.
      await waitFor(async () => (await configOf()).tools.ssrf_protection === false, {
        what: () => 'the switch',
      });
      for (const section of ['general', 'tools', 'web', 'variables']) {
        await page.goto(`${base}/settings?section=${section}`);
        await page.getByRole('heading', { level: 2 }).first().waitFor();
        expect(await look(`settings-${section}`)).toEqual([]);
      }
    },
  );

  host.test('a file is uploaded, opened and downloaded as it was', async () => {
    const content = `one\n${randomBytes(8).toString('hex')}\n`;
    await page.goto(`${base}/workspace?path=workspace`);
    const choosing = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Upload' }).click();
    await (
      await choosing
    ).setFiles({ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from(content) });
    await waitFor(
      async () =>
        (await api.call('GET', `/api/agents/${agentId}/workspace/workspace/note.txt`)).status === 200,
      { what: () => 'the uploaded file' },
    );
    await page.goto(`${base}/workspace?path=workspace/note.txt`);
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    expect(readFileSync(await (await downloading).path(), 'utf8')).toBe(content);
    expect(await look('workspace')).toEqual([]);
  });

  host.test('the process log shows what the worker printed', async () => {
    await page.goto(`${base}/logs`);
    await page.getByRole('heading', { level: 2, name: 'Process log' }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    expect(await look('logs')).toEqual([]);
  });

  host.test('nothing on the way broke the content security policy or failed', () => {
    expect(dashboard.problems.filter((problem) => !EXPECTED.test(problem))).toEqual([]);
  });
});
