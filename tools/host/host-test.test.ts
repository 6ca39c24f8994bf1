import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { localBin } from '../setup/local-bin.mjs';

const hostTest = fileURLToPath(new URL('host-test.ts', import.meta.url));
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'host-test-'));
  writeFileSync(
    join(directory, 'a.test.ts'),
    `import { expect, test } from ${JSON.stringify(import.meta.resolve('vitest'))};
     import { requires } from ${JSON.stringify(hostTest)};
     requires('curl').test('asks', () => { throw new Error('must not run'); });
     requires('curl').describe('a group', () => test('inside', () => { throw new Error('must not run'); }));
     requires().test('needs nothing', () => expect(1).toBe(1));`,
  );
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  /** Status of each test by its full name, with what a failed one said. */
  readonly tests: Readonly<Record<string, string>>;
}

/** Runs the tests above on a host where no command is found. */
function runWithout(demand: string | undefined): Ran {
  const outputFile = join(directory, 'report.json');
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: '/nowhere' };
  delete env['CLAWFORCE_TEST_REQUIRE'];
  if (demand !== undefined) env['CLAWFORCE_TEST_REQUIRE'] = demand;
  const { status } = spawnSync(
    process.execPath,
    [localBin('vitest'), 'run', '--root', directory, '--reporter=json', `--outputFile=${outputFile}`],
    { env, stdio: 'ignore', cwd: directory },
  );
  const report = JSON.parse(readFileSync(outputFile, 'utf8')) as {
    testResults: { assertionResults: { fullName: string; status: string; failureMessages: string[] }[] }[];
  };
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return {
    code: status,
    tests: Object.fromEntries(
      results.map(({ fullName, status: how, failureMessages }) => [
        fullName.trim(),
        [how, ...failureMessages.map((text) => text.split('\n', 1)[0])].join(': '),
      ]),
    ),
  };
}

const need = 'needs curl: apt-get install curl';

test.each([undefined, 'docker,bwrap'])(
  'with CLAWFORCE_TEST_REQUIRE=%s a test whose tool is missing is skipped, with how to get it',
  (demand) => {
    expect(runWithout(demand)).toEqual({
      code: 0,
      tests: {
        [`asks (${need})`]: 'skipped',
        [`a group (${need}) inside`]: 'skipped',
        'needs nothing': 'passed',
      },
    });
  },
);

test.each(['all', 'docker,curl'])(
  'with CLAWFORCE_TEST_REQUIRE=%s it fails and says what is missing, and so does a group',
  (demand) => {
    const failed = `failed: Error: CLAWFORCE_TEST_REQUIRE demands it, but this host has no ${need}`;
    expect(runWithout(demand)).toEqual({
      code: 1,
      tests: {
        [`asks (${need})`]: failed,
        [`a group (${need})`]: failed,
        'needs nothing': 'passed',
      },
    });
  },
);
