import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { makeScratchRepository } from './testing/scratch-repository.js';
import type { ScratchRepository } from './testing/scratch-repository.js';

let repository: ScratchRepository | undefined;
afterEach(() => repository?.dispose());

// A vitest that leaves the given report and ends with the given code.
const vitest = (report: string, code: number): string => `
  import { writeFileSync } from 'node:fs';
  const flag = '--outputFile.json=';
  const path = process.argv.find((argument) => argument.startsWith(flag)).slice(flag.length);
  const report = ${report};
  if (report !== undefined) writeFileSync(path, typeof report === 'string' ? report : JSON.stringify(report));
  process.exit(${code});`;

const report = (...statuses: string[]): string => `{ testResults: [{
  name: process.cwd() + '/packages/a/src/a.test.ts', status: 'passed',
  assertionResults: ${JSON.stringify(statuses)}.map((status) => ({ status, fullName: 'a (needs bwrap: apt-get install bubblewrap)' })),
}] }`;

function npmTest(script: string, ...args: string[]): { last: string; code: number | null; output: string } {
  repository = makeScratchRepository({
    vitest: script,
    prettier: 'process.exit(0)',
    eslint: 'process.exit(2)',
  });
  repository.write('packages/a/src/a.test.ts', '');
  const run = spawnSync(process.execPath, [join(repository.root, 'tools/test.mjs'), ...args], {
    encoding: 'utf8',
  });
  const output = run.stdout.trimEnd();
  return { last: output.split('\n').at(-1) ?? '', code: run.status, output };
}

test('a clean run ends with the plain counts and 0, and says what the skipped tests need', () => {
  const { last, code, output } = npmTest(vitest(report('passed', 'passed', 'skipped'), 0), '--only', 'unit');
  expect([last, code]).toEqual(['2 passed, 0 failed, 1 skipped', 0]);
  expect(output).toContain('1 need bwrap: apt-get install bubblewrap');
});

test.each<[string, string, string]>([
  [
    'is killed',
    'process.kill(process.pid, "SIGKILL"); setInterval(() => undefined, 1000)',
    '0 passed, 1 failed, 0 skipped',
  ],
  ['crashes and leaves nothing', vitest('undefined', 1), '0 passed, 1 failed, 0 skipped'],
  ['ends with 0 and leaves nothing', vitest('undefined', 0), '0 passed, 1 failed, 0 skipped'],
  ['leaves half a report', vitest('\'{"testResults":[\'', 0), '0 passed, 1 failed, 0 skipped'],
  ['fails outside of a test', vitest(report('passed'), 1), '1 passed, 1 failed, 0 skipped'],
  ['fails a test', vitest(report('passed', 'failed'), 1), '1 passed, 1 failed, 0 skipped'],
])('when vitest %s the last line says so and the exit code is 1', (_what, script, expected) => {
  const { last, code } = npmTest(script, '--only=unit');
  expect([last, code]).toEqual([expected, 1]);
});

test('every check counts as one, and a failed one does not stop the next', () => {
  const { last, code, output } = npmTest(vitest(report('passed'), 0), '--only', 'lint,format,unit');
  // The scratch repository has neither a compiler nor Nx, so the build, which lint stands on, and lint itself fail.
  expect([last, code]).toEqual(['2 passed, 2 failed, 0 skipped', 1]);
  expect(output).toMatch(
    /Times: (?=.*format [\d.]+ s)(?=.*lint [\d.]+ s).*build and type check [\d.]+ s.* tests \(unit\) [\d.]+ s/,
  );
});

test('an unknown step is a usage error, never a run of nothing', () => {
  expect(npmTest('', '--only', 'units').code).toBe(64);
  expect(npmTest('', '--only').code).toBe(64);
  expect(npmTest('', 'unit').code).toBe(64);
});
