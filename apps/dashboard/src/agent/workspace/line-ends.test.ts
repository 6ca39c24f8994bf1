import { describe, expect, it } from 'vitest';
import { boxText, withLineEndsOf } from './line-ends.js';

describe('line ends of a file that is edited in a text box', () => {
  it.each([
    ['nothing is edited', 'a\r\nb\nc\rd', (text: string) => text, 'a\r\nb\nc\rd'],
    ['one letter, Windows', 'a\r\nb\r\n', (text: string) => text.replace('b', 'B'), 'a\r\nB\r\n'],
    ['one letter, mixed', 'a\r\nb\nc\r\nd', (text: string) => text.replace('b', 'B'), 'a\r\nB\nc\r\nd'],
    ['a new line, mixed', 'a\r\nb\nc\rd\n', (text: string) => text.replace('b', 'b\nB'), 'a\r\nb\nB\nc\rd\n'],
    ['a line is gone, mixed', 'a\nb\r\nc\nd\r\n', (text: string) => text.replace('b\n', ''), 'a\nc\nd\r\n'],
    ['a line more at the end', 'a\r\nb', (text: string) => `${text}\nc\nd`, 'a\r\nb\r\nc\r\nd'],
    ['a line more at the beginning', 'a\r\nb\n', (text: string) => `x\n${text}`, 'x\r\na\r\nb\n'],
    ['everything', 'a\r\nb\r\n', () => 'x\ny\nz\n', 'x\r\ny\r\nz\r\n'],
    ['everything is gone', 'a\r\nb\r\n', () => '', ''],
    ['a file without a line end', 'a', () => 'a\nb', 'a\nb'],
    ['an empty file', '', () => 'a\n', 'a\n'],
  ])('%s', (_what, original, edit, saved) => {
    expect(withLineEndsOf(original, edit(boxText(original)))).toBe(saved);
  });
});
