import { describe, expect, it } from 'vitest';
import { timeGrowth } from '../../../../tools/testing/time-growth.js';
import { isReadable, pageText } from './page-text.js';

const inputOf = (body: string | Buffer, contentType: string, mode: 'markdown' | 'text' = 'markdown') => ({
  bytes: Buffer.from(body),
  contentType,
  url: 'https://example.org/dir/page',
  mode,
  truncated: false,
});
const page = (
  body: string | Buffer,
  contentType = 'text/html; charset=utf-8',
  mode: 'markdown' | 'text' = 'markdown',
  formatMs?: number,
) => pageText(inputOf(body, contentType, mode), formatMs)?.text;

describe('pageText', () => {
  it('gives the content of a page as Markdown, with absolute links and without scripts', () => {
    const text = page(
      '<html><head><title>Tide</title><script>alert(1)</script></head><body><h2>Times</h2>' +
        '<p>High at <b>six</b>, see <a href="../table">the table</a>.</p><ul><li>one</li><li>two</li></ul></body></html>',
    );
    expect(text).toContain('# Tide');
    expect(text).toContain('## Times');
    expect(text).toContain('**six**, see [the table](https://example.org/table)');
    expect(text).toMatch(/-\s+one\n-\s+two/);
    expect(text).not.toContain('alert');
  });

  it('gives plain text when asked to', () => {
    expect(page('<body><p>a <b>b</b></p><p>c</p><style>x{}</style></body>', 'text/html', 'text')).toBe(
      'a b\nc',
    );
  });

  it('formats JSON and leaves broken JSON as it is', () => {
    expect(page('{"a":[1]}', 'application/json')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(page('{"a":1}', 'application/ld+json')).toBe('{\n  "a": 1\n}');
    expect(page('{"a":', 'application/json')).toBe('{"a":');
  });

  it('finds binary data whatever the media type says', () => {
    expect(page(Buffer.from([0x50, 0x4b, 0, 0, 1]), 'text/plain')).toBeUndefined();
    expect(isReadable('image/png')).toBe(false);
    expect(isReadable('application/octet-stream')).toBe(false);
    expect(isReadable('application/pdf')).toBe(false);
    expect(isReadable('application/problem+json; charset=utf-8')).toBe(true);
    // The gate of the broker takes an absent type for application/octet-stream.
    expect(isReadable('')).toBe(false);
  });

  it.each([
    ...['text/html', 'TEXT/CSV; charset=utf-8', 'application/json', 'application/ld+json', 'application/xml'],
    ...['application/xhtml+xml', 'application/javascript', 'application/x-ndjson', 'application/yaml'],
  ])('reads %s', (type) => {
    expect(isReadable(type)).toBe(true);
  });

  it.each([
    ...['text/', 'text/a/b', 'image/svg+xml', 'application/json-seq', 'application/xml-dtd'],
    ...['application/jsonx', 'xapplication/json', 'application/+json'],
  ])('does not read %s, as the gate of the broker does not', (type) => {
    expect(isReadable(type)).toBe(false);
  });

  it('reads the declared encoding, and UTF-8 for one that nobody knows', () => {
    expect(page(Buffer.from([0xe9]), 'text/plain; charset=iso-8859-1')).toBe('é');
    expect(page('é', 'text/plain; charset=klingon')).toBe('é');
  });

  it('survives a page that wants to exhaust the parser', () => {
    const deep = `${'<div>'.repeat(100_000)}needle${'</div>'.repeat(100_000)}`;
    const started = Date.now();
    expect(page(deep)).toContain('needle');
    expect(Date.now() - started).toBeLessThan(15_000);
  });

  it.each(['<script', '<style', '<style ', '<'])(
    'takes the words out of a page of %s that never ends',
    async (sign) => {
      const growth = await timeGrowth(2_500, (count) => {
        expect(page(`${'<div>'.repeat(300)}needle ${sign.repeat(count)}`)).toContain('needle');
      });
      expect(growth).toBeLessThan(27);
    },
  );

  const words = `<p>${'needle, '.repeat(100)}</p>`;
  it.each([
    ['an image of endless sources', `${words}<p><img src="a.jpg" srcset="${'a'.repeat(1_000_000)} b"></p>`],
    ['an attribute of many pictures', `${words}<p><img data-x="${'.jpg'.repeat(250_000)} x y"></p>`],
    ['blanks before a blank of another kind', `${words}<pre><b>a${' '.repeat(1_000_000)}&nbsp;</b></pre>`],
    ['thousands of list items', `${words}<ol>${'<li>a</li>'.repeat(14_000)}</ol>`],
  ])('gives up on formatting %s when its time is over, and keeps the words', (_name, body) => {
    const started = performance.now();
    expect(page(`<article>${body}</article>`, 'text/html', 'markdown', 300)).toContain('needle');
    // Each takes the libraries minutes, the list half a minute.
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('says that a page of HTML was cut, and only then', () => {
    const script = `<script>${'x'.repeat(2 * 1024 * 1024)}</script>`;
    expect(pageText(inputOf(`${script}<p>behind</p>`, 'text/html'))).toMatchObject({
      onlyFirst: 2 * 1024 * 1024,
    });
    expect(pageText(inputOf('<p>whole</p>', 'text/html'))).toEqual({ text: 'whole' });
    expect(pageText(inputOf('x'.repeat(3 * 1024 * 1024), 'text/plain'))).not.toHaveProperty('onlyFirst');
  });

  it.each([
    ['a list at a great depth', `${'['.repeat(100)}${'1,'.repeat(2_000_000)}1${']'.repeat(100)}`],
    ['a deep nest', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['millions of values', `[${'{},'.repeat(1_300_000)}{}]`],
  ])('leaves JSON as it is that would grow in formatting: %s', (_name, body) => {
    expect(page(body, 'application/json')).toBe(body);
  });

  it('formats JSON whose signs lie in strings, whatever they are', () => {
    const body = JSON.stringify([`\\"${'[,'.repeat(1_000_000)}`, ']']);
    expect(page(body, 'application/json')).toBe(JSON.stringify(JSON.parse(body), undefined, 2));
  });
});
