import { randomBytes } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { requires } from '../../tools/host/host-test.js';
import { Api } from './support/api.js';
import { keepPicture, launchChromium, openPage, showTheme } from './support/browser.js';
import { newInstallation, startProduct, type Installation, type Product } from './support/product.js';

const host = requires('chromium');

host.describe('the one-time link in a real browser', () => {
  let installation: Installation;
  let product: Product;
  let browser: Browser;
  let page: Page;
  let problems: string[] = [];
  const password = `browser ${randomBytes(12).toString('hex')}`;

  beforeAll(async () => {
    installation = newInstallation();
    product = await startProduct(installation);
    browser = await launchChromium();
    ({ page, problems } = await openPage(browser));
  });
  afterAll(async () => {
    await browser.close();
    await product.stop();
    installation.remove();
  });

  host.test('shows a form and takes the token out of the address bar', async () => {
    await page.goto(`${product.url}/claim#${product.setupToken ?? ''}`);
    await page.getByRole('heading', { name: 'Set the first password' }).waitFor();
    expect(await page.title()).toBe('Set the first password · Clawforce');
    expect(page.url()).toBe(`${product.url}/claim`);
    await showTheme(page, 'light');
    await keepPicture(page, 'claim-link-light');
    await showTheme(page, 'dark');
    await keepPicture(page, 'claim-link-dark');
  });

  host.test('says when the two passwords differ, and when the server refuses one', async () => {
    const [first, second] = await page.locator('input[type=password]').all();
    await first?.fill(password);
    await second?.fill(`${password}x`);
    await page.click('button');
    await page.waitForSelector('text=The two passwords differ.');
    await first?.fill('admin');
    await second?.fill('admin');
    await page.click('button');
    await page.waitForSelector('text=fewer than 12');
  });

  host.test('sets the password, signs in with it, and works once', async () => {
    const [first, second] = await page.locator('input[type=password]').all();
    await first?.fill(password);
    await second?.fill(password);
    await page.click('button');
    await page.getByRole('heading', { name: 'Now' }).waitFor();
    expect(page.url()).toBe(`${product.url}/`);
    const api = new Api(product.url);
    await api.login('admin', password);
    expect((await api.call('GET', '/api/auth/me')).body).toMatchObject({ role: 'superadmin' });
    const again = await api.call('POST', '/api/auth/claim', { token: product.setupToken, password });
    expect(again.body).toMatchObject({ code: 'SETUP_LINK_INVALID' });
  });

  host.test(
    'a page opened without the link explains itself, and the reference lists the routes',
    async () => {
      await page.goto(`${product.url}/claim`);
      await page.waitForSelector('text=one-time link that the server printed');
      await page.goto(`${product.url}/api/docs`);
      expect(await page.locator('details').count()).toBeGreaterThan(30);
      await keepPicture(page, 'api-docs');
    },
  );

  host.test('nothing on these pages breaks the content security policy', () => {
    // Browsers log refusals by themselves: the refused password, and the refresh without a cookie.
    const refusals = /the server responded with a status of (400 \(Bad Request\)|401 \(Unauthorized\))/;
    expect(problems.filter((problem) => !refusals.test(problem))).toEqual([]);
  });
});
