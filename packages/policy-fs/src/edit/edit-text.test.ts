import { describe, expect, test } from 'vitest';
import { AgentFSError } from '../errors/agent-fs-error.js';
import { editText } from './edit-text.js';

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof AgentFSError) return error.code;
    throw error;
  }
}

describe('editing text', () => {
  test('replaces the one occurrence and takes both texts literally', () => {
    expect(editText('a.c abc', 'a.c', '$& $1', false)).toEqual({ text: '$& $1 abc', replaced: 1 });
  });

  test('replaces every occurrence when asked', () => {
    expect(editText('x-x-x', 'x', 'yy', true)).toEqual({ text: 'yy-yy-yy', replaced: 3 });
  });

  test('refuses two occurrences and says where they are', () => {
    expect(() => editText('one\ntwo\none', 'one', 'x', false)).toThrow(/lines 1 and 3/);
  });

  test('counts overlapping occurrences as ambiguous', () => {
    expect(codeOf(() => editText('aaa', 'aa', 'b', false))).toBe('AMBIGUOUS');
  });

  test('keeps the byte order mark whether or not the old text has it', () => {
    expect(editText('\uFEFFone', 'one', 'two', false).text).toBe('\uFEFFtwo');
    expect(editText('\uFEFFone', '\uFEFFone', 'two', false).text).toBe('\uFEFFtwo');
    expect(editText('\uFEFFone', '\uFEFFone', '\uFEFFtwo', false).text).toBe('\uFEFFtwo');
  });

  test('matches LF text in a CRLF file and writes CRLF', () => {
    expect(editText('a\r\nb\r\nc\r\n', 'a\nb', 'x\ny\nz', false).text).toBe('x\r\ny\r\nz\r\nc\r\n');
  });

  test('writes CRLF into a CRLF file also when the old text is on one line', () => {
    expect(editText('a\r\nb\r\n', 'b', 'b\nc', false).text).toBe('a\r\nb\r\nc\r\n');
  });

  test('matches CRLF text in an LF file and writes LF', () => {
    expect(editText('a\nb\n', 'a\r\nb', 'x\r\ny', false).text).toBe('x\ny\n');
  });

  test('shows the nearest line when nothing matches', () => {
    const attempt = (): unknown => editText('const answer = 42;\nother\n', 'const answr = 42;', 'x', false);
    expect(codeOf(attempt)).toBe('NO_MATCH');
    expect(attempt).toThrow(/Line 1 comes nearest: "const answer = 42;"/);
  });

  test('refuses an empty old text', () => {
    expect(codeOf(() => editText('a', '', 'b', false))).toBe('NO_MATCH');
  });

  test('stays quick on a large file without a match', () => {
    const started = performance.now();
    expect(
      codeOf(() => editText('lorem ipsum dolor\n'.repeat(200_000), 'lorem ipsum dolores', 'x', false)),
    ).toBe('NO_MATCH');
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
