import { randomBytes } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { requires } from '../../tools/host/host-test.js';
import { Api } from './support/api.js';
import { keepPicture, launchChromium, openPage, type WatchedPage } from './support/browser.js';
import {
  newInstallation,
  startProduct,
  waitFor,
  type Installation,
  type Product,
} from './support/product.js';

const host = requires('chromium');

host.describe('the dashboard when conditions are not good', () => {
  let installation: Installation;
  let product: Product;
  let browser: Browser;
  let api: Api;
  const password = `browser ${randomBytes(12).toString('hex')}`;

  beforeAll(async () => {
    installation = newInstallation();
    product = await startProduct(installation, { env: { CLAWFORCE_MAX_LEVEL: 'privileged' } });
    api = new Api(product.url);
    await api.claimAndLogin(product.setupToken ?? '', password);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    await product.stop();
    installation.remove();
  });

  async function signedIn(options: { width?: number; height?: number } = {}): Promise<WatchedPage> {
    const watched = await openPage(browser, options);
    const { page } = watched;
    await page.goto(`${product.url}/login`);
    await page.getByLabel('Username').fill('admin');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Now' }).waitFor();
    return watched;
  }

  host.test('is ready to use within 1.5 seconds', async () => {
    const ms = await best('first page', async () => {
      const { page } = await openPage(browser);
      const taken = await timed(async () => {
        await page.goto(`${product.url}/login`, { waitUntil: 'commit' });
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
      page = await (await browser.newContext({ storageState, reducedMotion: 'reduce' })).newPage();
      const taken = await timed(async () => {
        await page.goto(product.url, { waitUntil: 'commit' });
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
    await page.goto(`${product.url}/account`);
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
    await page.goto(`${product.url}/agents/${agent.id}/settings?section=security`);
    await page.getByRole('radio', { name: 'Power' }).check();
    await page.getByText('The agent is root in its container: sudo and apt-get work.').waitFor();
    await page.getByRole('button', { name: 'Apply' }).click();
    const dialog = page.getByRole('alertdialog');
    await dialog.getByLabel('Password').fill('not the password');
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await dialog.getByRole('alert').waitFor();
    expect(await stored()).toBeUndefined();
    await page.getByText('Stored: Standard', { exact: false }).waitFor();
    await dialog.getByLabel('Password').fill(password);
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await page.getByText('Stored: Power', { exact: false }).waitFor();
    expect(await stored()).toBe('privileged');
    await page.context().close();
  });

  host.test(
    'a server that goes away shows, and what happened meanwhile is there when it is back',
    async () => {
      const { page } = await signedIn();
      await page.goto(`${product.url}/fleet`);
      await page.getByText('Live', { exact: true }).waitFor();
      const port = new URL(product.url).port;
      await product.stop();
      await page.getByText(/Connection lost/).waitFor();
      await keepPicture(page, 'connection-lost');
      product = await startProduct(installation, { command: serveOn(port) });
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
      await page.goto(`${product.url}/audit?effect=deny`);
      await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
      await page.getByText('Live', { exact: true }).waitFor();
      expect((await api.call('DELETE', '/api/auth/sessions')).status).toBe(200);
      await page.getByText('Your session has ended.').waitFor();
      await page.getByLabel('Username').fill('admin');
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
      expect(page.url()).toBe(`${product.url}/audit?effect=deny`);
      await page.context().close();
    },
  );

  host.test('the keyboard alone finds the content and creates an agent', async () => {
    const { page } = await signedIn();
    await page.goto(`${product.url}/fleet`);
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

  host.test('fits a phone: nothing is wider than the screen', async () => {
    const { page } = await signedIn({ width: 390, height: 844 });
    for (const path of ['/', '/fleet', '/playground', '/audit', '/account']) {
      await page.goto(product.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForLoadState('networkidle');
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      expect([path, width]).toEqual([path, 390]);
      await keepPicture(page, `phone${path === '/' ? '-now' : path.replace('/', '-')}`);
    }
    await page.context().close();
  });

  host.test('500 agents: few rows in the page, scrolled to the end, found by name', async () => {
    const names = Array.from({ length: 500 }, (_, index) => `Worker ${String(index).padStart(3, '0')}`);
    for (const name of names) {
      const { status } = await api.call('POST', '/api/agents', { name, mode: 'process' });
      if (status !== 201) throw new Error(`creating ${name}: ${status}`);
    }
    const { page } = await signedIn();
    await page.goto(`${product.url}/fleet?sort=name`);
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
    await keepPicture(page, 'fleet-500');
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
