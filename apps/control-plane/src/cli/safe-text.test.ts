import { describe, expect, it } from 'vitest';
import { safeJson, safeLine, safeText } from './safe-text.js';

/** Characters that a terminal obeys instead of showing, and those that hide or turn text around. */
const OBEYED =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;

const hostile: [string, string][] = [
  ['colours', '\u001b[31mred\u001b[0m'],
  ['a cleared screen', '\u001b[2J\u001b[H'],
  ['a moved cursor that overwrites the line', 'refused\u001b[1A\u001b[2Kallowed'],
  ['a carriage return that overwrites the line', 'refused\rallowed'],
  ['backspaces that eat a word', 'refused\b\b\b\b\b\b\ballowed'],
  ['a window title', '\u001b]0;owned\u0007text'],
  ['a link to elsewhere', '\u001b]8;;https://evil.example\u001b\\click\u001b]8;;\u001b\\'],
  ['the clipboard', '\u001b]52;c;cm0gLXJm\u0007'],
  ['an OSC that never ends', '\u001b]0;swallow what follows'],
  ['a device control string', '\u001bP$q"p\u001b\\'],
  ['a question to the terminal', '\u001b[c\u001b[6n\u001bZ'],
  ['an 8-bit CSI', '\u009b31mred'],
  ['another character set', '\u001b(0lqqk'],
  ['a reset', '\u001bc'],
  ['half a sequence', 'text\u001b'],
  ['text from right to left', 'user\u202e\u2066// admin\u2069'],
  ['zero-width text', 'pay\u200bpal\u2060\ufeff'],
  ['invisible tags', 'hello\u{e0069}\u{e0067}\u{e006e}'],
  ['lone surrogates', 'a\ud800b\udc00'],
  ['a bell, a vertical tab and NUL', '\u0007\u000b\u0000'],
  ['line and paragraph separators', 'a\u2028b\u2029c'],
];

describe('text of an agent on a terminal', () => {
  it.each(hostile)('is only shown, never obeyed: %s', (_title, text) => {
    expect(safeText(text)).not.toMatch(OBEYED);
    expect(safeLine(text)).not.toMatch(OBEYED);
    expect(safeJson({ text })).not.toMatch(OBEYED);
  });

  it.each(hostile)('loses nothing as JSON: %s', (_title, text) => {
    expect(JSON.parse(safeJson({ [text]: [text] }))).toEqual({ [text]: [text] });
  });

  it('keeps what people write', () => {
    const text = 'Grüße, 世界! \tТекст 👩‍🚀'.replaceAll('\u200d', '') + '\nשלום';
    expect(safeText(text)).toBe(text);
    expect(safeText('a\r\nb')).toBe('a\nb');
  });

  it('spells out what it does not pass on, so that an attack can be seen', () => {
    expect(safeText('a\u0000b\u202ec\u{e0041}')).toBe('a\\u{0}b\\u{202e}c\\u{e0041}');
  });

  it('does not let an unfinished sequence swallow the lines behind it', () => {
    expect(safeText('one \u001b]0;x\nrm -rf /\nlast')).toContain('rm -rf /\nlast');
  });

  it('stays on one line and is cut there', () => {
    expect(safeLine('a\n\n  b\nc')).toBe('a ⏎ b ⏎ c');
    expect(safeLine('x'.repeat(5_000_000), 10)).toBe(`${'x'.repeat(9)}…`);
  });

  it('is worked through in linear time: an attacker wants the terminal to hang', () => {
    const before = performance.now();
    for (const piece of ['\u001b[', '\u001b]', '\u001b]0;', '\u001b[0;', '\r\n', '\u202e'])
      safeText(piece.repeat(100_000));
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});
