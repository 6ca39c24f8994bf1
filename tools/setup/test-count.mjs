/**
 * Counts what a vitest JSON report says, and distrusts it: a crash, a missing report, a run without a test, a file
 * that could not be loaded, an error outside of any test, and a test file that never ran each count as a failure.
 *
 * @param report the parsed report, or undefined when there is none
 * @param exitCode of the vitest process
 * @param expectedFiles absolute paths of the test files that had to run
 */
export function countTests(report, exitCode, expectedFiles) {
  const count = { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] };
  const fail = (sentence) => {
    count.failed += 1;
    count.failures.push(sentence);
  };
  if (!Array.isArray(report?.testResults)) {
    fail(`vitest left no report (exit code ${exitCode})`);
    return count;
  }
  const ran = new Set();
  for (const file of report.testResults) {
    ran.add(file.name);
    const tests = file.assertionResults ?? [];
    for (const { status, fullName, title } of tests) {
      if (status === 'passed') count.passed += 1;
      else if (status === 'failed') fail(`${file.name}: ${fullName}`);
      else {
        count.skipped += 1;
        count.skips.push(fullName ?? title);
      }
    }
    const ownFailure = tests.some(({ status }) => status === 'failed');
    if (file.status === 'failed' && !ownFailure) fail(`${file.name} could not be run: ${file.message ?? ''}`);
  }
  for (const path of expectedFiles) if (!ran.has(path)) fail(`${path} was not run`);
  if (count.passed + count.failed + count.skipped === 0) fail('vitest ran no test');
  if (exitCode !== 0 && count.failed === 0) fail(`vitest ended with ${exitCode} though no test failed`);
  return count;
}

/** Gives the skipped titles grouped by what they need, for example `bwrap: apt-get install bubblewrap`. */
export function groupSkips(titles) {
  const groups = new Map();
  for (const title of titles) {
    const need = /\(needs ([^()]*(?:\([^()]*\)[^()]*)*)\)/.exec(title)?.[1] ?? 'no reason given';
    groups.set(need, [...(groups.get(need) ?? []), title]);
  }
  return groups;
}
