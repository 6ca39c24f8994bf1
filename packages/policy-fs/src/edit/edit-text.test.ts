import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../testing/scratch-agent.js';
import { editText } from './edit-text.js';

describe('editing text', () => {
  test('replaces the one occurrence and takes both texts literally', async () => {
    expect(await editText('a.c abc', 'a.c', '$& $1', false)).toEqual({ text: '$& $1 abc', replaced: 1 });
  });

  test('replaces every occurrence when asked', async () => {
    expect(await editText('x-x-x', 'x', 'yy', true)).toEqual({ text: 'yy-yy-yy', replaced: 3 });
  });

  test('refuses two occurrences and says where they are', async () => {
    await expect(editText('one\ntwo\none', 'one', 'x', false)).rejects.toThrow(/lines 1 and 3/);
  });

  test('counts overlapping occurrences as ambiguous', async () => {
    expect(await codeOf(editText('aaa', 'aa', 'b', false))).toBe('AMBIGUOUS');
  });

  test('keeps the byte order mark whether or not the old text has it', async () => {
    expect((await editText('\uFEFFone', 'one', 'two', false)).text).toBe('\uFEFFtwo');
    expect((await editText('\uFEFFone', '\uFEFFone', 'two', false)).text).toBe('\uFEFFtwo');
    expect((await editText('\uFEFFone', '\uFEFFone', '\uFEFFtwo', false)).text).toBe('\uFEFFtwo');
  });

  test('matches LF text in a CRLF file and writes CRLF', async () => {
    expect((await editText('a\r\nb\r\nc\r\n', 'a\nb', 'x\ny\nz', false)).text).toBe('x\r\ny\r\nz\r\nc\r\n');
  });

  test('writes CRLF into a CRLF file also when the old text is on one line', async () => {
    expect((await editText('a\r\nb\r\n', 'b', 'b\nc', false)).text).toBe('a\r\nb\r\nc\r\n');
  });

  test('matches CRLF text in an LF file and writes LF', async () => {
    expect((await editText('a\nb\n', 'a\r\nb', 'x\r\ny', false)).text).toBe('x\ny\n');
  });

  test('shows the nearest line when nothing matches', async () => {
    const attempt = (): Promise<unknown> =>
      editText('const answer = 42;\nother\n', 'const answr = 42;', 'x', false);
    expect(await codeOf(attempt())).toBe('NO_MATCH');
    await expect(attempt()).rejects.toThrow(/Line 1 comes nearest: "const answer = 42;"/);
  });

  test('refuses an empty old text', async () => {
    expect(await codeOf(editText('a', '', 'b', false))).toBe('NO_MATCH');
  });

  test('stays quick on a large file without a match', async () => {
    const used = process.cpuUsage();
    expect(
      await codeOf(editText('lorem ipsum dolor\n'.repeat(200_000), 'lorem ipsum dolores', 'x', false)),
    ).toBe('NO_MATCH');
    expect(process.cpuUsage(used).user).toBeLessThan(2_000_000);
  });

  test('a long passage that is nearly everywhere is looked for in a time that grows with the lengths only', async () => {
    const half = 'a'.repeat(20_000);
    const attempt = editText('a'.repeat(1_000_000), `${half}b${half}`, 'x', false);
    expect(await codeOf(attempt)).toBe('NO_MATCH');
  }, 30_000);

  test('other calls get their turn while a great many passages are replaced', async () => {
    let over = false;
    const editing = editText('\n'.repeat(1_000_000), '\n', ';\n', true).finally(() => (over = true));
    let turns = 0;
    for (; !over; turns += 1) await turn();
    const { text, replaced } = await editing;
    expect(replaced).toBe(1_000_000);
    expect(text).toBe(';\n'.repeat(1_000_000));
    expect(turns).toBeGreaterThan(30);
  });
});
