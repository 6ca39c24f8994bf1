import { expect, test } from 'vitest';
import { changedLines } from './changed-lines.js';

test.each([
  ['one line in the middle', 'a\nb\nc', 'a\nX\nc', { first: 2, theirLines: 'b', myLines: 'X' }],
  ['lines added at the end', 'a', 'a\nb', { first: 2, theirLines: '', myLines: 'b' }],
  ['a repeated line removed', 'a\na\na', 'a\na', { first: 3, theirLines: 'a', myLines: '' }],
  ['nothing', 'a\nb', 'a\nb', { first: 3, theirLines: '', myLines: '' }],
])('gives what differs: %s', (_what, theirs, mine, expected) => {
  expect(changedLines(theirs, mine)).toEqual(expected);
});
