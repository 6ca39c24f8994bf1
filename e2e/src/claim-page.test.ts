import { mkdirSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { requires } from '../../tools/host/host-test.js';
import { Api } from './support/api.js';
import { newInstallation, startProduct, type Installation, type Product } from './support/product.js';

const artifacts = fileURLToPath(new URL('../../artifacts/', import.meta.url));
const host = requires('chromium');

host.describe('the one-time link in a real browser', () => {
  let installation: Installation;
  let product: Product;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];
  const password = `browser ${randomBytes(12).toString('hex')}`;

  beforeAll(async () => {
    installation = newInstallation();
    product = await startProduct(installation);
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    page = await browser.newPage({ colorScheme: 'light' });
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
  });
  afterAll(async () => {
    await browser.close();
    await product.stop();
    installation.remove();
  });

  host.test('shows a form and takes the token out of the address bar', async () => {
    await page.goto(`${product.url}/claim#${product.setupToken ?? ''}`);
    expect(await page.title()).toBe('Set the first password');
    expect(page.url()).toBe(`${product.url}/claim`);
    mkdirSync(artifacts, { recursive: true });
    await page.screenshot({ path: `${artifacts}claim-light.png` });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: `${artifacts}claim-dark.png` });
  });

  host.test('says when the two passwords differ, and when the server refuses one', async () => {
    const [first, second] = await page.locator('input[type=password]').all();
    await first?.fill(password);
    await second?.fill(`${password}x`);
    await page.click('button');
    await page.waitForSelector('text=The two passwords differ.');
    await first?.fill('administrator');
    await second?.fill('administrator');
    await second?.evaluate((input) => input.removeAttribute('minlength'));
    await first?.fill('admin');
    await second?.fill('admin');
    await first?.evaluate((input) => input.removeAttribute('minlength'));
    await page.click('button');
    await page.waitForSelector('text=fewer than 12');
  });

  host.test('sets the password, with which signing in works', async () => {
    const [first, second] = await page.locator('input[type=password]').all();
    await first?.fill(password);
    await second?.fill(password);
    await page.click('button');
    await page.waitForSelector('text=Done.');
    const api = new Api(product.url);
    await api.login('admin', password);
    expect((await api.call('GET', '/api/auth/me')).body).toMatchObject({ role: 'superadmin' });
  });

  host.test(
    'a page opened without the link explains itself, and the reference lists the routes',
    async () => {
      await page.goto(`${product.url}/claim`);
      await page.waitForSelector('text=one-time link that the server printed');
      await page.goto(`${product.url}/api/docs`);
      expect(await page.locator('details').count()).toBeGreaterThan(30);
      await page.screenshot({ path: `${artifacts}api-docs.png` });
      await page.goto(product.url);
      expect(await page.locator('h1').textContent()).toBe('Clawforce');
    },
  );

  host.test('nothing on these pages breaks the content security policy', () => {
    // The refused password is a 400 that browsers log by themselves.
    expect(problems.filter((problem) => !/400 \(Bad Request\)/.test(problem))).toEqual([]);
  });
});
