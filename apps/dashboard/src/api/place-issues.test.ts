import { expect, test } from 'vitest';
import { ApiFailure } from './api-failure.js';
import { placeIssues } from './place-issues.js';

const failure = (...issues: (readonly [pointer: string, message: string])[]): ApiFailure =>
  new ApiFailure('No.', {
    code: 'CONFIG_INVALID',
    status: 400,
    issues: issues.map(([pointer, message]) => ({ pointer, message })),
  });

test('every issue has one place: a field that is shown, or the notice, under the name of its field if there is one', () => {
  const placed = placeIssues(failure(['/a', 'A.'], ['/b', 'B.'], ['/c', 'C.']), [
    { pointer: '/a', label: 'First' },
    { pointer: '/b', label: 'Second', isShown: false },
  ]);
  expect([placed.at('/a'), placed.at('/b'), placed.at('/c')]).toEqual(['A.', undefined, undefined]);
  expect(placed.rest).toEqual([
    { label: 'Second', pointer: '/b', message: 'B.' },
    { label: undefined, pointer: '/c', message: 'C.' },
  ]);
});

test('several issues of one field all stand there', () => {
  const placed = placeIssues(failure(['/a', 'Too short.'], ['/a', 'Too plain.']), [
    { pointer: '/a', label: 'First' },
  ]);
  expect([placed.at('/a'), placed.rest]).toEqual(['Too short. Too plain.', []]);
});

test('a list has the issues of its entries, and says of which; a field of a similar name has them not', () => {
  const placed = placeIssues(failure(['/l/0', 'A.'], ['/l/2', 'B.'], ['/l/1/x', 'C.'], ['/list', 'D.']), [
    { pointer: '/l', label: 'List', isWhole: true },
  ]);
  expect(placed.at('/l')).toBe('Entry 1: A. Entry 3: B. C.');
  expect(placed.rest.map(({ pointer }) => pointer)).toEqual(['/list']);
});

test('a failure without issues, and none at all, put nothing anywhere', () => {
  for (const error of [null, undefined, failure(), new TypeError('fetch failed')])
    expect(placeIssues(error, [{ pointer: '', label: 'All', isWhole: true }])).toMatchObject({ rest: [] });
});
