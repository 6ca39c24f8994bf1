import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';
import { waitFor } from './product.js';

const artifacts = fileURLToPath(new URL('../../../artifacts/', import.meta.url));
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What `--canvas` of the dashboard's design/tokens.css is in each theme, as browsers compute it. */
const CANVAS = { light: 'rgb(244, 245, 247)', dark: 'rgb(13, 17, 23)' } as const;

/** A page of a real browser that remembers everything it complained about. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors of the console and of scripts, policy violations among them. */
  readonly problems: string[];
}

/** Starts Debian's Chromium without a window. It talks to nobody but the pages it is sent to. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
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
}

/** Opens a page in a browser profile of its own. */
export async function openPage(
  browser: Browser,
  options: {
    readonly colorScheme?: 'light' | 'dark';
    readonly width?: number;
    readonly height?: number;
  } = {},
): Promise<WatchedPage> {
  const { colorScheme = 'light', width = 1280, height = 800 } = options;
  const context = await browser.newContext({
    colorScheme,
    viewport: { width, height },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  return { page, problems: watch(page) };
}

/** Collects what a page complains about, in a list of its own or in one that others fill, too. */
export function watch(page: Page, problems: string[] = []): string[] {
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  return problems;
}

/** Turns the dashboard to a theme and waits until it shows: a picture taken earlier is half of the theme before. */
export async function showTheme(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.evaluate(
    'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(null))))',
  );
  let canvas = '';
  await waitFor(
    async () => {
      canvas = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      return canvas === CANVAS[colorScheme];
    },
    { what: () => `the ${colorScheme} theme: the page is ${canvas} and not ${CANVAS[colorScheme]}` },
  );
}

/** Keeps a picture of what is shown below `artifacts/`. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  mkdirSync(artifacts, { recursive: true });
  await page.screenshot({ path: `${artifacts}${name}.png` });
}

/** Gives what breaks WCAG 2.2 A and AA on the page as it is, one sentence each. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // The policy of the page lets nobody add a script element; the debugger's door is not a page's door.
  await page.evaluate(`if (!window.axe) { ${axeSource} }`);
  const results = await page.evaluate<AxeResults>(
    // The hidden announcer of the component library names buttons that may be gone a moment later.
    `axe.run({ exclude: '[data-live-announcer]' }, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
  );
  return results.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
  );
}
