import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import { requires } from '../../tools/host/host-test.js';
import type { Api } from './support/api.js';
import { openPage, type WatchedPage } from './support/browser.js';
import { openDashboard, type Dashboard } from './support/dashboard.js';
import { clawforce, startProduct, waitFor } from './support/product.js';

const host = requires('chromium');

host.describe('the dashboard when conditions are not good', () => {
  let dashboard: Dashboard;
  let server = '';
  let api: Api;

  beforeAll(async () => {
    dashboard = await openDashboard('conditions', { env: { CLAWFORCE_MAX_LEVEL: 'privileged' } });
    server = dashboard.product.url;
    api = await dashboard.claim();
  });
  afterAll(() => dashboard.close());

  async function signedIn(options: { width?: number; height?: number } = {}): Promise<WatchedPage> {
    const watched = await openPage(dashboard.browser, options);
    const { page } = watched;
    await page.goto(`${server}/login`);
    await dashboard.signIn(page);
    await page.getByRole('heading', { level: 1, name: 'Now' }).waitFor();
    return watched;
  }

  host.test('is ready to use within 1.5 seconds', async () => {
    const ms = await best('first page', async () => {
      const { page } = await openPage(dashboard.browser);
      const taken = await timed(async () => {
        await page.goto(`${server}/login`, { waitUntil: 'commit' });
        await page.getByLabel('Username').fill('a');
      });
      await page.context().close();
      return taken;
    });
    expect(ms).toBeLessThan(LIMIT_MS);
  });

  host.test('the start page of somebody who is signed in is ready to use within 1.5 seconds', async () => {
    let { page } = await signedIn();
    const ms = await best('start page', async () => {
      // Another browser with an empty cache and the cookie, which works once: the one before has to be gone.
      const storageState = await page.context().storageState();
      await page.context().close();
      page = await (await dashboard.browser.newContext({ storageState, reducedMotion: 'reduce' })).newPage();
      const taken = await timed(async () => {
        await page.goto(server, { waitUntil: 'commit' });
        await page
          .getByRole('region', { name: 'Refused in the last hour' })
          .getByRole('link', { name: 'All in the audit log' })
          .click();
      });
      await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
      return taken;
    });
    expect(ms).toBeLessThan(LIMIT_MS);
    await page.context().close();
  });

  host.test('a chosen theme stands against that of the system, and is kept', async () => {
    const { page } = await signedIn();
    const canvas = (): Promise<string> =>
      page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await canvas();
    await page.goto(`${server}/account`);
    await page.getByLabel('Theme').selectOption('dark');
    await waitFor(async () => (await canvas()) === 'rgb(13, 17, 23)', { what: () => 'the dark theme' });
    await page.reload();
    await page.getByLabel('Theme').waitFor();
    expect(await canvas()).toBe('rgb(13, 17, 23)');
    await page.getByLabel('Theme').selectOption('system');
    await waitFor(async () => (await canvas()) === light, { what: () => 'the light theme' });
    await page.context().close();
  });

  host.test('Power is stored only with the password, and is not shown before', async () => {
    const { page } = await signedIn();
    const { body: agent } = await api.call('POST', '/api/agents', { name: 'Strong', mode: 'process' });
    const stored = async (): Promise<unknown> =>
      (await api.call('GET', `/api/agents/${agent.id}/config`)).body.config.security?.docker.level;
    // The one thing that is played: a sign-in longer ago than five minutes. The password is judged by the server.
    let isStale = true;
    await page.route(`**/api/agents/${agent.id}/config`, (route) => {
      if (!isStale || route.request().method() !== 'PATCH') return route.continue();
      isStale = false;
      return route.fulfill({
        status: 401,
        json: { error: 'Give your password again.', code: 'REAUTHENTICATION_REQUIRED' },
      });
    });
    await page.goto(`${server}/agents/${agent.id}/settings?section=security`);
    await page.getByRole('radio', { name: 'Power' }).check();
    await page.getByText('The agent is root in its container: sudo and apt-get work.').waitFor();
    await page.getByRole('button', { name: 'Apply' }).click();
    const dialog = page.getByRole('alertdialog');
    await dialog.getByLabel('Password').waitFor();
    expect(await dashboard.look('power-password', page)).toEqual([]);
    await dialog.getByLabel('Password').fill('not the password');
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await dialog.getByRole('alert').waitFor();
    expect(await stored()).toBeUndefined();
    await page.getByText('Stored: Standard', { exact: false }).waitFor();
    await dialog.getByLabel('Password').fill(dashboard.password);
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await page.getByText('Stored: Power', { exact: false }).waitFor();
    expect(await stored()).toBe('privileged');
    await page.context().close();
  });

  host.test(
    'a server that goes away shows, and what happened meanwhile is there when it is back',
    async () => {
      const { page } = await signedIn();
      await page.goto(`${server}/fleet`);
      await page.getByText('Live', { exact: true }).waitFor();
      const port = new URL(server).port;
      await dashboard.product.stop();
      await page.getByText(/Connection lost/).waitFor();
      expect(await dashboard.look('connection-lost', page)).toEqual([]);
      await page.setViewportSize({ width: 390, height: 844 });
      // What a finger meets at the heading and at the banner is the heading and the banner.
      for (const selector of ['h1', '[role=status]']) {
        expect(
          await page.evaluate<boolean>(`(() => {
            const shown = [...document.querySelectorAll('${selector}')].find((found) => found.textContent !== '');
            const { left, top, width, height } = shown.getBoundingClientRect();
            return shown.contains(document.elementFromPoint(left + Math.min(width, 80) / 2, top + height / 2));
          })()`),
          selector,
        ).toBe(true);
      }
      await page.setViewportSize({ width: 1280, height: 800 });
      dashboard.product = await startProduct(dashboard.installation, { command: serveOn(port) });
      const made = await api.call('POST', '/api/agents', { name: 'Made meanwhile', mode: 'process' });
      expect(made.status).toBe(201);
      await page.getByText('Live', { exact: true }).waitFor();
      await page.getByRole('link', { name: 'Made meanwhile' }).waitFor();
      await page.context().close();
    },
  );

  host.test(
    'a session that is ended elsewhere leads to the login page and back to the same page',
    async () => {
      const { page } = await signedIn();
      await page.goto(`${server}/audit?effect=deny`);
      await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
      await page.getByText('Live', { exact: true }).waitFor();
      expect((await api.call('DELETE', '/api/auth/sessions')).status).toBe(200);
      await page.getByText('Your session has ended.').waitFor();
      await dashboard.signIn(page);
      await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
      expect(page.url()).toBe(`${server}/audit?effect=deny`);
      await page.context().close();
    },
  );

  host.test('what was typed waits under the sign-in for the same person, and for nobody else', async () => {
    const { page, problems } = await signedIn();
    const name = page.getByRole('dialog').getByLabel('Name');
    const typeAndEnd = async (): Promise<void> => {
      await page.goto(`${server}/fleet?create=1`);
      await page.getByText('Live', { exact: true }).waitFor();
      await name.fill('Half typed');
      expect((await api.call('DELETE', '/api/auth/sessions')).status).toBe(200);
      await page.getByText('Your session has ended.').waitFor();
    };
    await typeAndEnd();
    expect(await dashboard.look('session-ended', page)).toEqual([]);
    // Nothing below can be seen, touched or reached with the keyboard.
    const below = await page.evaluate<string[]>(`(() => {
      const signIn = document.querySelector('[aria-label="Sign in"][role=dialog]');
      const found = [];
      for (let x = 1; x < innerWidth; x += 40) for (let y = 1; y < innerHeight; y += 40) {
        const top = document.elementFromPoint(x, y);
        if (!top.contains(signIn) && !signIn.contains(top)) found.push(x + ',' + y + ' ' + top.outerHTML.slice(0, 80));
        if (getComputedStyle(top.closest('[class*=overlay]')).backgroundColor !== getComputedStyle(document.body).backgroundColor)
          found.push('not opaque');
      }
      return found;
    })()`);
    expect(below).toEqual([]);
    expect(await page.evaluate<string>('document.activeElement.name')).toBe('username');
    for (let step = 0; step < 6; step += 1) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate<boolean>('document.activeElement.closest("[inert]") === null')).toBe(true);
    }
    await dashboard.signIn(page);
    expect(await name.inputValue()).toBe('Half typed');
    await waitFor(() => page.evaluate<boolean>('document.activeElement.value === "Half typed"'), {
      what: () => 'the focus in the field where it was',
    });
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Half typed' }).waitFor();

    const password = `browser ${randomBytes(12).toString('hex')}`;
    const made = await clawforce(
      dashboard.installation,
      ['user', 'create', 'vera', '--role', 'viewer', '--password-stdin'],
      { stdin: `${password}\n` },
    );
    expect(made).toMatchObject({ code: 0 });
    await typeAndEnd();
    await page.evaluate('globalThis.isSameDocument = true');
    await dashboard.signIn(page, 'vera', password);
    await page.getByText('vera viewer').waitFor();
    expect(await page.evaluate<unknown>('globalThis.isSameDocument')).toBeUndefined();
    expect(await name.inputValue()).toBe('');
    expect(page.url()).toBe(`${server}/fleet?create=1`);
    await page.goto(`${server}/fleet`);
    await page.getByText('There is no agent yet.').waitFor();
    expect(await dashboard.look('fleet-empty', page)).toEqual([]);
    // A refused token is said by the browser, too; a policy that was broken would be another sentence.
    expect(problems.filter((problem) => !problem.includes('401'))).toEqual([]);
    await page.context().close();
  });

  host.test(
    'an address that leads nowhere and a server that is away are said in words, for everybody',
    async () => {
      const { page } = await signedIn();
      await page.goto(`${server}/nowhere`);
      await page.getByRole('heading', { level: 1, name: 'Page not found' }).waitFor();
      expect(await dashboard.look('not-found', page)).toEqual([]);
      await page.route('**/api/auth/refresh', (route) => route.abort());
      await page.goto(server);
      await page.getByText('The server did not answer.').waitFor();
      expect(await dashboard.look('unreachable', page)).toEqual([]);
      await page.unroute('**/api/auth/refresh');
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByRole('heading', { level: 1, name: 'Now' }).waitFor();
      await page.context().close();
    },
  );

  host.test('the keyboard alone finds the content and creates an agent', async () => {
    const { page } = await signedIn();
    await page.goto(`${server}/fleet`);
    await page.getByRole('button', { name: 'New agent' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('Skip to content');
    await page.getByRole('button', { name: 'New agent' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('By keyboard');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'By keyboard' }).waitFor();
    await page.context().close();
  });

  host.test('a session is ended from the account page, and a changed password is the only one', async () => {
    // Those of the tests before are in the list, too.
    expect((await api.call('DELETE', '/api/auth/sessions')).status).toBe(200);
    const { page } = await signedIn();
    const other = (await signedIn()).page;
    await page.goto(`${server}/account`);
    const sessions = page.getByRole('region', { name: 'Sessions' }).getByRole('listitem');
    await waitFor(async () => (await sessions.count()) === 3, { what: () => 'three sessions' });
    await sessions
      .filter({ hasText: 'Chrome', hasNotText: 'This one' })
      .getByRole('button', { name: /^End the session/ })
      .click();
    await other.getByText('Your session has ended.').waitFor();
    await waitFor(async () => (await sessions.count()) === 2, { what: () => 'two sessions' });
    await other.context().close();

    const next = `browser ${randomBytes(12).toString('hex')}`;
    await page.getByLabel('Present password').fill(dashboard.password);
    await page.getByLabel('New password').fill(next);
    await page.getByLabel('The new one again').fill(next);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('The password is changed; 1 other session ended.').waitFor();
    expect((await api.call('GET', '/api/auth/me')).status).toBe(401);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Username').fill('admin');
    await page.getByLabel('Password').fill(dashboard.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    dashboard.password = next;
    await page.getByLabel('Password').fill(next);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Account' }).waitFor();
    await api.login('admin', next);
    await page.context().close();
  });

  host.test('500 agents: few rows in the page, scrolled to the end, found by name', async () => {
    const names = Array.from({ length: 500 }, (_, index) => `Worker ${String(index).padStart(3, '0')}`);
    for (const name of names) {
      const { status } = await api.call('POST', '/api/agents', { name, mode: 'process' });
      if (status !== 201) throw new Error(`creating ${name}: ${status}`);
    }
    const { page } = await signedIn();
    await page.goto(`${server}/fleet?sort=name`);
    await page.getByText(/^50\d agents$/).waitFor();
    const list = page.getByRole('group', { name: 'Agents' });
    expect(await list.getByRole('listitem').count()).toBeLessThan(60);
    await list.focus();
    // Rows are measured when they come into sight, so the end of the list can move while one goes there.
    await waitFor(
      async () => {
        await page.keyboard.press('End');
        return (await page.getByRole('link', { name: 'Worker 499' }).count()) > 0;
      },
      { what: () => 'the last row' },
    );
    expect(await list.getByRole('listitem').count()).toBeLessThan(60);
    await dashboard.picture('fleet-500', page);
    await page.getByLabel('Find').fill('worker 25');
    await page.getByText(/^10 of 50\d agents$/).waitFor();
    await page.context().close();
  });
});

function serveOn(port: string): readonly string[] {
  return [process.execPath, 'apps/control-plane/dist/main.js', 'serve', '--port', port];
}

const LIMIT_MS = 1500;
const FEWEST_ROUNDS = 3;
const MOST_ROUNDS = 12;

/**
 * Gives the shortest wall time of a few rounds, as a clock shows it. Other tests run on this machine, too, so there are
 * more rounds while none was quick enough: a page that is slow by itself is so in every one of them.
 */
async function best(what: string, round: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  while (times.length < FEWEST_ROUNDS || (Math.min(...times) >= LIMIT_MS && times.length < MOST_ROUNDS))
    times.push(await round());
  console.log(`${what} interactive: ${times.map(Math.round).join(', ')} ms`);
  return Math.min(...times);
}

async function timed(task: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await task();
  return performance.now() - started;
}
