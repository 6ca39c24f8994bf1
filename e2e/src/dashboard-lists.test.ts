import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { requires } from '../../tools/host/host-test.js';
import type { Api } from './support/api.js';
import { accessibilityProblems } from './support/browser.js';
import { openDashboard, startScriptedAgent, type Dashboard } from './support/dashboard.js';
import { waitFor } from './support/product.js';

const host = requires('chromium');
/** What browsers log by themselves: the refresh before sign-in, the refused save. */
const EXPECTED = /the server responded with a status of (401|412) /;
/** Most elements that a list with thousands of rows may have. */
const MOST_ELEMENTS = 1500;
const RECITED = Array.from({ length: 18 }, (_, index) => ({
  say: `Verse ${index}. ${'And on it went. '.repeat((index % 5) * 6)}`,
  calls: [{ tool: 'read_file', args: { path: 'nothing.txt' } }],
}));
/** A line of a megabyte, as a hostile program prints it. */
const HUGE = `<img src=x onerror=alert(1)>\u001b[31m${'W'.repeat(1_000_000)}`;
/** What a hijacked agent would like to be shown, to be repeated to a megabyte. */
const HOSTILE =
  '<img src="https://evil.example/a.gif" onerror="window.broken = true"><script>window.broken = true</script> ' +
  '[x](javascript:window.broken=true) ![beacon](https://evil.example/b.gif) a\u202Eb\u200B\u001b[2J ';
/** A text that comes word by word, in paragraphs. */
const words = (name: string): string =>
  Array.from({ length: 50 }, (_, index) => `${name}${index}${index % 4 === 0 ? '\n\n' : ''}`).join(' ');

host.describe('long lists in a real browser', () => {
  let dashboard: Dashboard;
  let page: Page;
  let api: Api;
  let agentId = '';
  let workspace = '';

  const open = (path: string) => page.goto(`${dashboard.product.url}/agents/${agentId}/${path}`);
  const say = async (text: string, session: string): Promise<void> => {
    expect((await api.send(agentId, text, session)).state).toBe('done');
  };
  /** How far the end of a list is below what is shown. */
  const below = (label: string): Promise<number> =>
    page.evaluate<number>(
      `(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(document.querySelector('[role=group][aria-label="${label}"]'))`,
    );
  const elements = (list: Locator): Promise<number> => list.locator('*').count();
  const setSize = async (list: Locator): Promise<number> =>
    Number(await list.getByRole('listitem').first().getAttribute('aria-setsize'));

  beforeAll(async () => {
    dashboard = await openDashboard('lists');
    ({ page } = dashboard);
    api = await dashboard.claim();
    agentId = await startScriptedAgent(api, 'Long', {
      turns: [
        { when: 'recite', steps: [...RECITED, { say: 'The end.' }] },
        { when: 'slowly', steps: [{ say: words('slow'), word_delay_ms: 20 }] },
        { when: 'steadily', steps: [{ say: words('step'), word_delay_ms: 80 }] },
      ],
    });
    await open('chat');
    await dashboard.signIn();
    await page.getByRole('heading', { level: 1, name: 'Long' }).waitFor();
  });
  afterAll(() => dashboard.close());

  host.test(
    'a long conversation opens at its end, keeps its place when earlier entries come above it, and follows what is said',
    async () => {
      for (let turn = 0; turn < 3; turn += 1) await say('Please recite.', 'dashboard:long');
      await open('chat?session=dashboard:long');
      const list = page.getByRole('group', { name: 'Conversation' });
      await list.getByText('The end.').first().waitFor();
      await waitFor(async () => (await below('Conversation')) < 4, {
        what: () => 'the end of the conversation',
      });
      const first = await setSize(list);
      expect(first).toBeGreaterThan(50);
      expect(await list.getByRole('listitem').count()).toBeLessThan(first);
      expect(await elements(list)).toBeLessThan(MOST_ELEMENTS);
      expect(await accessibilityProblems(page)).toEqual([]);

      // A row in the middle of what is loaded stays where it is on the screen.
      const box = page.getByRole('searchbox', { name: 'Find in the conversation' });
      await box.fill('verse 7.');
      await page.getByText(/^\d+ of \d+$/).waitFor();
      const found = list.locator('[aria-current=true]');
      await found.waitFor();
      const placeOf = async (): Promise<number> => Math.round((await found.boundingBox())?.y ?? Number.NaN);
      let before = await placeOf();
      await waitFor(async () => before === (before = await placeOf()), { what: () => 'rest' });
      await page.getByRole('button', { name: 'Show earlier entries' }).click();
      await waitFor(async () => (await setSize(list)) > first, { what: () => 'earlier entries' });
      await waitFor(async () => Math.abs((await placeOf()) - before) < 4, {
        what: () => `the found row at ${before}`,
      });
      expect(await elements(list)).toBeLessThan(MOST_ELEMENTS);

      // Scrolled away, what the agent says moves nothing; at the end it is followed.
      const stays = await placeOf();
      const size = await setSize(list);
      await say('Speak slowly.', 'dashboard:long');
      await waitFor(async () => (await setSize(list)) >= size + 2, { what: () => 'the answer' });
      expect(Math.abs((await placeOf()) - stays)).toBeLessThan(4);

      await page.getByRole('textbox', { name: 'Message' }).fill('Speak steadily.');
      await page.getByRole('button', { name: 'Send' }).click();
      await list.getByText(/step3/).waitFor({ timeout: 60_000 });
      // A frame may lie between a word and the scroll after it; being left behind may not.
      do await waitFor(async () => (await below('Conversation')) < 4, { what: () => 'what is being said' });
      while ((await list.getByText(/step20/).count()) === 0);
      await list.hover();
      await page.mouse.wheel(0, -600);
      await waitFor(async () => (await below('Conversation')) > 300, { what: () => 'going up' });
      await waitFor(
        async () =>
          (await api.call('GET', `/api/agents/${agentId}/messages?session_key=dashboard:long&limit=1`)).body
            .items[0].state === 'done',
        { what: () => 'the end of the answer', timeoutMs: 60_000 },
      );
      expect(await below('Conversation')).toBeGreaterThan(300);
      await list.focus();
      await waitFor(
        async () => {
          await page.keyboard.press('End');
          return (await below('Conversation')) < 4;
        },
        { what: () => 'the end after the answer' },
      );
    },
  );

  host.test('5,000 lines of a log: few are in the page, the end is shown, any line is found', async () => {
    const lines = Array.from({ length: 5000 }, (_, index) => ({
      time: '2026-11-27T10:00:00.000Z',
      stream: index % 50 === 0 ? 'stderr' : 'stdout',
      // One without an end, in the middle of the others.
      text: index === 1235 ? HUGE : `line ${index} ${'x'.repeat(index % 7 === 0 ? 400 : 20)}`,
    }));
    await page.route('**/process-logs/stream*', (route) =>
      route.fulfill({
        contentType: 'text/event-stream',
        body: lines.map((line) => `event: line\ndata: ${JSON.stringify(line)}\n\n`).join(''),
      }),
    );
    await open('logs');
    const list = page.getByRole('group', { name: 'Lines of the log' });
    await list.getByText('line 4999').waitFor();
    expect(await setSize(list)).toBe(5000);
    expect(await elements(list)).toBeLessThan(MOST_ELEMENTS);
    await waitFor(async () => (await below('Lines of the log')) < 4, { what: () => 'the end of the log' });
    // The stream ends, is opened again, and gives all of it once more; paused it stands still.
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('searchbox', { name: 'Find in the log' }).fill('line 1234 ');
    await page.getByText('1 of 1', { exact: true }).waitFor();
    await list
      .locator('[aria-current=true]')
      .getByText(/line 1234 /)
      .waitFor();
    // The line of a megabyte is cut and inert, and the page goes on.
    const huge = list.getByRole('listitem').filter({ hasText: 'more characters' });
    await huge.getByText('<img src=x onerror=alert(1)>').waitFor();
    expect(await huge.locator('img').count()).toBe(0);
    expect((await huge.textContent())?.length).toBeLessThan(30_000);
    await dashboard.picture('logs-huge-line');
    await page.getByRole('searchbox', { name: 'Find in the log' }).fill('line 4321 ');
    await page.getByText('1 of 1', { exact: true }).waitFor();
    await list
      .locator('[aria-current=true]')
      .getByText(/line 4321 /)
      .waitFor();
    expect(await elements(list)).toBeLessThan(MOST_ELEMENTS);
    expect(await accessibilityProblems(page)).toEqual([]);
    await dashboard.picture('logs-long');
    await page.unroute('**/process-logs/stream*');
  });

  host.test(
    'a megabyte of hostile text in a name, a reason or a verdict is cut and inert, and the page goes on',
    async () => {
      const asked: string[] = [];
      const listen = (request: Request): void => void asked.push(request.url());
      page.on('request', listen);
      const hostile = HOSTILE.repeat(Math.ceil(1_048_576 / HOSTILE.length));
      /** Answers as the server does, and writes the text into what came from an agent. */
      const poison = async (path: RegExp, change: (body: any) => object): Promise<void> => {
        await page.route(path, async (route) => {
          const answer = await route.fetch();
          await route.fulfill({ response: answer, json: change(await answer.json()) });
        });
      };
      const { items } = (await api.call('GET', '/api/agents')).body;
      const { name: demo } = (items as any[]).find((agent) => agent.is_demo);
      const word = HOSTILE.repeat(10);
      const refusal = { time: new Date().toISOString(), tool: word, effect: 'deny', layer: word, rule: word };
      await poison(/\/api\/now$/, (now) => ({
        ...now,
        failed: [{ ...items[0], status: 'failed', name: hostile, reason: hostile }],
        refusals: {
          total: 1,
          counted: 1,
          rules: 1,
          items: [
            {
              ...refusal,
              agent_id: agentId,
              agent_name: hostile,
              event_id: 1,
              reason: hostile,
              hint: hostile,
            },
          ],
          by_rule: [{ rule: hostile, count: 1 }],
        },
      }));
      await poison(/\/api\/agents(\?|$)/, (body) => ({
        ...body,
        items: body.items.map((agent: any) =>
          agent.is_demo ? agent : { ...agent, name: hostile, last_refusal: { ...refusal, reason: hostile } },
        ),
      }));
      await poison(/\/policy\/test$/, ({ decision, judged_by }) => ({
        judged_by,
        decision: {
          ...decision,
          ...refusal,
          reason: hostile,
          hint: hostile,
          input: hostile,
          trace: [{ ...refusal, note: hostile }],
        },
      }));
      const expectInert = async (): Promise<void> => {
        const main = page.getByRole('main');
        await main.getByText('more characters').first().waitFor();
        expect(await main.locator('img, script, iframe, [onerror], [href^="javascript:"]').count()).toBe(0);
        expect(await elements(main)).toBeLessThan(MOST_ELEMENTS);
        expect(
          await page.evaluate<string[]>(
            `[...document.querySelectorAll('*')].flatMap(({ tagName, attributes }) =>
              [...attributes].flatMap(({ name, value }) => value.length > 2000 ? [tagName + ' ' + name + ' ' + value.slice(0, 60)] : []))`,
          ),
        ).toEqual([]);
        const markup = await main.innerHTML();
        expect(markup).not.toMatch(/[\u202E\u200B\u001b]/);
        expect(markup.length).toBeLessThan(300_000);
        expect(await page.evaluate('window.broken')).toBeUndefined();
      };
      const go = async (name: string): Promise<void> => {
        await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click();
        await page.getByRole('heading', { level: 1, name }).waitFor();
      };
      await page.goto(dashboard.product.url);
      await expectInert();
      await dashboard.picture('hostile-now');
      // Each step is a real click on the page that shows it: one that is stuck takes none.
      await go('Fleet');
      await expectInert();
      await page.getByRole('searchbox', { name: 'Find' }).fill(demo as string);
      await page.getByText(/^1 of \d+ agents$/).waitFor();
      await dashboard.picture('hostile-fleet');
      await page.goto(`${dashboard.product.url}/playground?agent=${agentId}&tool=exec&input=ls`);
      await expectInert();
      await dashboard.picture('hostile-verdict');
      // More than the tool takes, judged by the real policy: the field says so, and keeps it.
      await page.unroute(/\/policy\/test$/);
      const command = page.getByLabel('Command', { exact: true });
      const long = 'x'.repeat(40_000);
      await command.fill(long);
      await page.getByRole('button', { name: 'Judge' }).click();
      await waitFor(async () => (await command.getAttribute('aria-invalid')) === 'true', {
        what: () => 'the refusal at the field',
      });
      expect(await command.inputValue()).toBe(long);
      await command.fill('ls');
      await page.getByRole('button', { name: 'Judge' }).click();
      await page.getByText('Layers, in order').waitFor();
      expect(await command.getAttribute('aria-invalid')).toBeNull();
      expect(asked.filter((url) => !url.startsWith(dashboard.product.url))).toEqual([]);
      page.off('request', listen);
      await page.unrouteAll();
    },
  );

  host.test(
    '3,000 files: few rows are in the page, and the keyboard reaches and opens any of them',
    async () => {
      workspace = join(dashboard.installation.dataDir, 'agents', agentId, 'workspace');
      mkdirSync(join(workspace, 'many'), { recursive: true });
      for (let index = 0; index < 3000; index += 1)
        writeFileSync(join(workspace, 'many', `file-${String(index).padStart(4, '0')}.txt`), `${index}\n`);
      await open('workspace?path=many');
      const tree = page.getByRole('tree', { name: 'Workspace' });
      const folder = tree.getByRole('treeitem', { name: 'many' });
      await folder.focus();
      await page.keyboard.press('ArrowRight');
      await tree.getByRole('treeitem', { name: /^file-0000/ }).waitFor();
      expect(await tree.getByRole('treeitem').count()).toBeLessThan(80);
      await page.keyboard.press('End');
      await tree.getByRole('treeitem', { name: /^file-2999/ }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 2, name: 'many/file-2999.txt' }).waitFor();
      expect(await tree.getByRole('treeitem').count()).toBeLessThan(80);
      expect(await accessibilityProblems(page)).toEqual([]);
      // A link to a file far down shows it.
      await open('workspace?path=many/file-1500.txt');
      await tree.getByRole('treeitem', { name: /^file-1500/, selected: true }).waitFor();
      await dashboard.picture('workspace-long');
    },
  );

  host.test('two tabs edit one file: the second is shown both versions and loses nothing', async () => {
    writeFileSync(join(workspace, 'shared.md'), 'one\ntwo\n');
    await open('workspace?path=shared.md');
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('textbox', { name: 'Content' }).fill('one\nmine\n');
    const other = await dashboard.secondTab(`/agents/${agentId}/workspace?path=shared.md`);
    await other.getByRole('button', { name: 'Edit' }).click();
    await other.getByRole('textbox', { name: 'Content' }).fill('one\ntheirs\n');
    await other.getByRole('button', { name: 'Save' }).click();
    await other.getByRole('button', { name: 'Edit' }).waitFor();
    await other.close();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The file changed while you were editing.').waitFor();
    await page.getByRole('region', { name: 'The other version' }).getByText('theirs').waitFor();
    expect(readFileSync(join(workspace, 'shared.md'), 'utf8')).toBe('one\ntheirs\n');
    expect(await accessibilityProblems(page)).toEqual([]);
    await dashboard.picture('workspace-conflict');
    await page.getByRole('button', { name: 'Save mine over it' }).click();
    await page.getByRole('button', { name: 'Edit' }).waitFor();
    expect(readFileSync(join(workspace, 'shared.md'), 'utf8')).toBe('one\nmine\n');
  });

  host.test('a folder is made and a file moved into it, renamed and deleted', async () => {
    const tree = page.getByRole('tree', { name: 'Workspace' });
    const ask = async (opener: string, label: string, text: string, action: string): Promise<void> => {
      await page.getByRole('button', { name: opener, exact: true }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox', { name: label }).fill(text);
      await dialog.getByRole('button', { name: action }).click();
      await dialog.waitFor({ state: 'hidden' });
    };
    await ask('New folder', 'Name', 'done', 'Create');
    await tree.getByRole('treeitem', { name: 'done' }).waitFor();
    await ask('Move', 'New path in the workspace', 'done/shared.md', 'Move');
    await tree.getByRole('treeitem', { name: /^shared\.md/, selected: true, level: 2 }).waitFor();
    expect(readFileSync(join(workspace, 'done/shared.md'), 'utf8')).toBe('one\nmine\n');
    await ask('Rename', 'New name', 'final.md', 'Rename');
    await tree.getByRole('treeitem', { name: /^final\.md/, selected: true }).waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
    await tree.getByRole('treeitem', { name: /^final\.md/ }).waitFor({ state: 'detached' });
    expect(() => readFileSync(join(workspace, 'done/final.md'))).toThrow('ENOENT');
  });

  host.test('nothing on the way broke the content security policy or failed', () => {
    expect(dashboard.problems.filter((problem) => !EXPECTED.test(problem))).toEqual([]);
  });
});
