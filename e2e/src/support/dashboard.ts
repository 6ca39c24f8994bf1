import { randomBytes } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { Api } from './api.js';
import { accessibilityProblems, keepPicture, launchChromium, openPage, showTheme, watch } from './browser.js';
import { newInstallation, startProduct, type Installation, type Product } from './product.js';

/** How a page is looked at: theme and width of the window. The last one stays. */
const LOOKS = [
  ['dark', 'dark', 1280],
  ['phone', 'light', 390],
  ['light', 'light', 1280],
] as const;

/** A server of its own, Chromium, and a page of it. */
export interface Dashboard {
  readonly installation: Installation;
  /** Replaced by a test that restarts the server. */
  product: Product;
  readonly browser: Browser;
  readonly page: Page;
  /** What any watched page complained about. */
  readonly problems: string[];
  /** Password of the first account, which {@link Dashboard.claim} or the page sets; replaced by a test that changes it. */
  password: string;
  /** Sets the password without the page, and gives a client that is signed in. */
  claim(): Promise<Api>;
  /** Fills in the form for signing in, and waits until it is gone. */
  signIn(on?: Page, username?: string, password?: string): Promise<void>;
  /** Opens another watched tab of the same browser profile. */
  secondTab(path: string): Promise<Page>;
  /** Keeps a picture under a name that no other test file uses. */
  picture(name: string, on?: Page): Promise<void>;
  /** Keeps pictures in both themes and on a phone, and gives what axe finds, and what is too wide, in each. */
  look(name: string, on?: Page): Promise<string[]>;
  close(): Promise<void>;
}

/** Starts a server and a browser. `pictures` begins the names of all pictures. */
export async function openDashboard(
  pictures: string,
  options: { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Dashboard> {
  const installation = newInstallation();
  const product = await startProduct(installation, options);
  const browser = await launchChromium();
  const { page, problems } = await openPage(browser);
  const picture = (name: string, on = page): Promise<void> => keepPicture(on, `${pictures}-${name}`);
  const dashboard: Dashboard = {
    installation,
    product,
    browser,
    page,
    problems,
    password: `browser ${randomBytes(12).toString('hex')}`,
    picture,
    async claim() {
      const api = new Api(product.url);
      await api.claimAndLogin(product.setupToken ?? '', dashboard.password);
      return api;
    },
    async signIn(on = page, username = 'admin', password = dashboard.password) {
      await on.getByLabel('Username').fill(username);
      await on.getByLabel('Password', { exact: true }).fill(password);
      await on.getByRole('button', { name: 'Sign in' }).click();
      await on.getByLabel('Username').waitFor({ state: 'detached' });
      await on.getByRole('navigation', { name: 'Main' }).waitFor();
    },
    async secondTab(path) {
      const tab = await page.context().newPage();
      watch(tab, problems);
      await tab.goto(product.url + path);
      return tab;
    },
    async look(name, on = page) {
      const found: string[] = [];
      for (const [suffix, colorScheme, width] of LOOKS) {
        await on.setViewportSize({ width, height: 800 });
        await showTheme(on, colorScheme);
        await picture(`${name}-${suffix}`, on);
        // In a tall window nothing of a phone's page lies half below its bar, where it would count as too small to touch.
        if (suffix === 'phone') await on.setViewportSize({ width, height: 3000 });
        found.push(...(await accessibilityProblems(on)).map((problem) => `${suffix}: ${problem}`));
        const overflow = await on.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        if (overflow > 0) found.push(`${suffix}: the page is ${overflow} px wider than the window`);
      }
      return found;
    },
    async close() {
      await browser.close();
      await dashboard.product.stop();
      installation.remove();
    },
  };
  return dashboard;
}

/** Makes an agent that follows a script, starts it and gives its identifier. */
export async function startScriptedAgent(api: Api, name: string, script: object): Promise<string> {
  const created = await api.call('POST', '/api/agents', { name });
  const id = created.body.id as string;
  const saved = await api.call('PATCH', `/api/agents/${id}/config`, {
    providers: { trial: { kind: 'scripted', script: JSON.stringify(script) } },
    agents: { defaults: { model: 'trial/trial' } },
  });
  if (saved.status !== 200) throw new Error(`configuring ${name}: ${JSON.stringify(saved.body)}`);
  await api.call('POST', `/api/agents/${id}/start`, {});
  await api.waitForStatus(id, 'running');
  return id;
}
