import { expect, test } from 'vitest';
import { countTests, groupSkips } from './test-count.mjs';

const file = (name: string, statuses: string[], status = 'passed'): object => ({
  name,
  status,
  message: 'why',
  assertionResults: statuses.map((one, index) => ({ status: one, fullName: `${name} ${index}` })),
});

test('a clean run is counted test by test', () => {
  const report = {
    testResults: [file('/a', ['passed', 'skipped']), file('/b', ['passed', 'todo', 'pending'])],
  };
  expect(countTests(report, 0, ['/a', '/b'])).toMatchObject({ passed: 2, failed: 0, skipped: 3 });
});

test.each<[string, unknown, number, string[], RegExp]>([
  ['a crash before the report', undefined, 139, [], /no report \(exit code 139\)/],
  ['a report that is no report', { testResults: 'x' }, 0, [], /no report/],
  ['a run without a test', { testResults: [] }, 0, [], /ran no test/],
  [
    'a file that does not load',
    { testResults: [file('/a', [], 'failed')] },
    1,
    ['/a'],
    /could not be run: why/,
  ],
  [
    'an error outside of a test',
    { testResults: [file('/a', ['passed'])] },
    1,
    ['/a'],
    /though no test failed/,
  ],
  [
    'a test file that no project includes',
    { testResults: [file('/a', ['passed'])] },
    0,
    ['/a', '/b'],
    /^\/b was not run/,
  ],
  ['a failed test', { testResults: [file('/a', ['failed'], 'failed')] }, 1, ['/a'], /^\/a: \/a 0$/],
])('%s is one failure, never green', (_what, report, code, expected, sentence) => {
  const { failed, failures } = countTests(report, code, expected);
  expect(failed).toBe(1);
  expect(failures[0]).toMatch(sentence);
});

test('skipped tests are grouped by what the host lacks, hints with brackets included', () => {
  const groups = groupSkips([
    'a (needs postgresql: set TEST_DATABASE_URL (the script makes one))',
    'b (needs postgresql: set TEST_DATABASE_URL (the script makes one)) > inner',
    'c',
  ]);
  expect([...groups].map(([need, titles]) => [need, titles.length])).toEqual([
    ['postgresql: set TEST_DATABASE_URL (the script makes one)', 2],
    ['no reason given', 1],
  ]);
});
