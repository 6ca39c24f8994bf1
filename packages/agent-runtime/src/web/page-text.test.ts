import { describe, expect, it } from 'vitest';
import { isReadable, pageText } from './page-text.js';

const page = (
  body: string | Buffer,
  contentType = 'text/html; charset=utf-8',
  mode: 'markdown' | 'text' = 'markdown',
) =>
  pageText({
    bytes: Buffer.from(body),
    contentType,
    url: 'https://example.org/dir/page',
    mode,
    truncated: false,
  });

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
});
