import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Page, WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { requires } from '../../tools/host/host-test.js';
import type { Api } from './support/api.js';
import { accessibilityProblems, openPage } from './support/browser.js';
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
    // On a busy machine what was streamed may stand a moment beside what is stored; that it comes once is looked at below.
    await log
      .getByText(/<script>window\.broken/)
      .first()
      .waitFor();
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

  host.test(
    'an agent without messages, activity and sessions, and an audit log without rows, break no rule',
    async () => {
      const { body } = await api.call('POST', '/api/agents', { name: 'Fresh' });
      const empty = [
        [`agents/${body.id}/chat`, 'Nothing has been said here yet.'],
        [`agents/${body.id}/activity`, 'Nothing has happened yet.'],
        [`agents/${body.id}/logs`, 'The worker has printed nothing.'],
        [`agents/${body.id}/settings?section=variables`, 'No variables.'],
        ['audit?rule=no.such.rule', 'No row matches.'],
      ] as const;
      for (const [path, words] of empty) {
        await page.goto(`${dashboard.product.url}/${path}`);
        await page.getByText(words).waitFor();
        expect([path, await accessibilityProblems(page)]).toEqual([path, []]);
      }
    },
  );

  host.test('on a phone one gets everywhere, talks, reads a refusal and changes settings', async () => {
    const { page: phone, problems } = await openPage(dashboard.browser, { width: 390, height: 844 });
    /** Nothing is cut off at the side, and nothing moves the page to it. */
    const fits = async (where: string): Promise<void> => {
      const widest = await phone.evaluate<number>(
        `Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)`,
      );
      expect([where, widest]).toEqual([where, 390]);
    };
    const tap = (nav: string, name: string): Promise<void> =>
      phone.getByRole('navigation', { name: nav }).getByRole('link', { name, exact: true }).click();
    await phone.goto(`${dashboard.product.url}/login`);
    await fits('login');
    await dashboard.signIn(phone);
    for (const name of ['Playground', 'Audit', 'Drill', 'Account', 'Now', 'Fleet']) {
      await tap('Main', name);
      await phone
        .getByRole('heading', { level: 1 })
        .filter({ hasText: new RegExp(name, 'i') })
        .waitFor();
      await fits(name);
    }
    await phone.getByRole('link', { name: 'Trial', exact: true }).click();
    await phone.getByRole('heading', { level: 1, name: 'Trial' }).waitFor();
    await phone.getByRole('textbox', { name: 'Message', exact: true }).fill('From a phone.');
    await phone.getByRole('button', { name: 'Send' }).click();
    await phone.getByRole('group', { name: 'Conversation' }).getByText('From a phone.').first().waitFor();
    await fits('chat');
    await tap('Agent', 'Activity');
    await phone.getByLabel('Show').selectOption('refusals');
    await phone
      .getByRole('button', { name: /Refused/ })
      .first()
      .click();
    const dialog = phone.getByRole('dialog');
    await dialog.getByText('fs.zone.hidden').first().waitFor();
    await dialog.getByText('Layers, in order').scrollIntoViewIfNeeded();
    await fits('refusal');
    const box = await dialog.boundingBox();
    expect((box?.x ?? -1) >= 0 && (box?.x ?? 0) + (box?.width ?? 999) <= 390).toBe(true);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await tap('Agent', 'Settings');
    for (const [section, heading] of [
      ['Model', 'Model'],
      ['Tools', 'Commands'],
      ['Web', 'Hosts'],
      ['Variables', 'Variables'],
      ['General', 'Name'],
      ['Security', 'Protections'],
    ] as const) {
      await phone.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: section }).click();
      await phone.getByRole('heading', { level: 2, name: heading }).first().waitFor();
      await fits(section);
    }
    await phone.getByRole('switch', { name: 'Read-only container' }).waitFor();
    expect(problems.filter((problem) => !EXPECTED.test(problem))).toEqual([]);
    await phone.context().close();
  });

  host.test('the keyboard alone signs in, talks, reads a refusal and changes a preset', async () => {
    const { page: keys, problems } = await openPage(dashboard.browser);
    const focused = (): Promise<string> =>
      keys.evaluate<string>(
        `(({ ariaLabel, labels, textContent }) => (ariaLabel ?? labels?.[0]?.textContent ?? textContent).trim())(document.activeElement)`,
      );
    /** Goes on with Tab until the focus is on what is meant, as somebody without a mouse does. */
    const reach = async (name: string | RegExp): Promise<void> => {
      const met: string[] = [];
      while (met.length < 80) {
        await keys.keyboard.press('Tab');
        met.push(await focused());
        if (typeof name === 'string' ? met.at(-1) === name : name.test(met.at(-1) ?? '')) return;
      }
      throw new Error(
        `Tab does not reach ${String(name)}, only ${met.map((one) => one.slice(0, 30)).join(' | ')}`,
      );
    };
    const enter = async (name: string | RegExp): Promise<void> => {
      await reach(name);
      await keys.keyboard.press('Enter');
    };
    await keys.goto(`${dashboard.product.url}/login`);
    await keys.getByLabel('Username').waitFor();
    await keys.keyboard.type('admin');
    await reach('Password');
    await keys.keyboard.type(dashboard.password);
    await keys.keyboard.press('Enter');
    await keys.getByRole('heading', { level: 1, name: 'Now' }).waitFor();
    await enter('Fleet');
    await keys.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
    await keys.getByRole('link', { name: 'Trial', exact: true }).waitFor();
    await enter('Trial');
    await keys.getByRole('heading', { level: 1, name: 'Trial' }).waitFor();
    await keys.getByRole('textbox', { name: 'Message', exact: true }).waitFor();
    await reach('Message');
    await keys.keyboard.type('With the keyboard.');
    await keys.keyboard.press('Enter');
    const said = keys.getByRole('group', { name: 'Conversation' });
    await said.getByText('With the keyboard.').first().waitFor();
    await waitFor(
      async () =>
        (await api.call('GET', `/api/agents/${agentId}/messages?limit=1`)).body.items[0]?.state === 'done',
      { what: () => 'the answer' },
    );
    await enter('Activity');
    await keys.getByRole('group', { name: 'Activity' }).waitFor();
    await reach('Show');
    await keys.keyboard.press('ArrowDown');
    await keys.waitForURL(/only=refusals/);
    await enter(/Refused/);
    const dialog = keys.getByRole('dialog');
    await dialog.getByText('Layers, in order').waitFor();
    await keys.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    // One goes on where one was.
    expect(await focused()).toMatch(/Refused/);
    await keys.keyboard.press('Shift+Tab');
    await enter('Settings');
    await keys.getByText(/Stored: Standard/).waitFor();
    await reach(/^Standard/);
    await keys.keyboard.press('ArrowUp');
    await keys.getByRole('radio', { name: 'Safe', checked: true }).waitFor();
    await enter('Apply');
    await keys.getByText(/Stored: Safe/).waitFor();
    expect((await configOf()).security.docker.level).toBe('sandboxed');
    expect(problems.filter((problem) => !EXPECTED.test(problem))).toEqual([]);
    await keys.context().close();
  });

  host.test('nothing on the way broke the content security policy or failed', () => {
    expect(dashboard.problems.filter((problem) => !EXPECTED.test(problem))).toEqual([]);
  });
});
