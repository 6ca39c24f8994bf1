import { describe, expect, it } from 'vitest';
import { endOfMarks, inertLabel, inertParts, inertString } from './inert-parts.js';

describe('text of strangers', () => {
  it.each([
    ['a terminal that clears the screen', 'ok\u001b[2J\u001b[31mred', 'ok⟨ESC⟩[2J⟨ESC⟩[31mred'],
    ['a direction that turns a name around', 'invoice\u202egpj.exe', 'invoice⟨RLO⟩gpj.exe'],
    ['an isolate around a word', '\u2066x\u2069', '⟨LRI⟩x⟨PDI⟩'],
    ['a name with a space of no width', 'ad\u200bmin', 'ad⟨ZWSP⟩min'],
    ['a line that writes over itself', 'rm -rf /\rls', 'rm -rf /⟨CR⟩ls'],
    ['an instruction in invisible tags', 'hi\u{e0041}\u{e0042}', 'hi⟨U+E0041⟩⟨U+E0042⟩'],
    ['a separator that JSON and terminals disagree on', 'a\u2028b', 'a⟨U+2028⟩b'],
    ['variation selectors that carry bytes', 'x\ufe01\u{e0100}', 'x⟨U+FE01⟩⟨U+E0100⟩'],
    ['a control of the second block', 'a\u009bb', 'a⟨U+009B⟩b'],
  ])('%s is visible', (_what, hostile, shown) => {
    expect(inertString(hostile)).toBe(shown);
  });

  it('honest text stays as it is: lines, tabs, other scripts, signs in colour', () => {
    const honest = 'a\tb\nשלום مرحبا 日本語 é ⚠️ 😀';
    expect(inertParts(honest)).toEqual([{ text: honest }]);
    expect(inertString('one\r\ntwo')).toBe('one\ntwo');
  });

  it('ends before the first marked character that is too many; the end of a line of Windows is none', () => {
    expect(endOfMarks('a\r\n\u202eb\r\n\u202ec', 1)).toBe(7);
    expect(endOfMarks('a\r\n\u202eb\r\n\u202ec', 2)).toBe(9);
  });

  it('nothing but the marked characters is lost', () => {
    const text = 'x\u0000y\u202ez';
    expect(inertParts(text).map((part) => part.mark ?? part.text)).toEqual(['x', 'NUL', 'y', 'RLO', 'z']);
  });

  it('a name in a label is inert and cut, one that the API takes is not', () => {
    expect(inertLabel('right\u202Eexe.txt')).toBe('right⟨RLO⟩exe.txt');
    expect(inertLabel('x'.repeat(100))).toBe('x'.repeat(100));
    expect(inertLabel('x'.repeat(1_000_000))).toBe(`${'x'.repeat(200)}…`);
  });
});
