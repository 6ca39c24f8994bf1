import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import { boundaryGaps } from './setup/boundary-oracle.mjs';
import { ensureInstalled } from './setup/ensure-installed.mjs';
import { localBin, root } from './setup/local-bin.mjs';
import { runNode } from './setup/run-node.mjs';
import { countTests, groupSkips } from './setup/test-count.mjs';
import { TEST_KINDS, engineProblem, testKind } from './setup/test-kinds.mjs';
import { workspaceProblems } from './setup/workspace-check.mjs';

const NEAR = ['unit', 'integration'];
const LATER = ['e2e', 'clone'];
const STEPS = ['format', 'workspace', 'build', 'lint', ...TEST_KINDS, 'pack'];

function wantedSteps(args) {
  const only = args.flatMap((arg, index) => {
    if (arg.startsWith('--only=')) return arg.slice('--only='.length).split(',');
    return args[index - 1] === '--only' ? arg.split(',') : [];
  });
  const known = only.every((name) => STEPS.includes(name));
  const spare = args.filter((arg, index) => !arg.startsWith('--only') && args[index - 1] !== '--only');
  if (!known || spare.length > 0 || (args.length > 0 && only.length === 0)) {
    console.error(`Usage: npm test [-- --only <step>[,<step>...]]   steps: ${STEPS.join(', ')}`);
    process.exit(64);
  }
  const wanted = new Set(only.length > 0 ? only : STEPS);
  // These judge what was built, or need the generated database client.
  if (['lint', 'pack', ...LATER].some((name) => wanted.has(name))) wanted.add('build');
  return wanted;
}

const total = { passed: 0, failed: 0, skipped: 0 };
const times = [];
const failures = [];
const skips = [];

function fail(sentence) {
  total.failed += 1;
  failures.push(sentence);
}

/** Runs a step and says how long it took. Problems of a step that runs beside the tests are said at its end. */
async function timed(title, action) {
  const started = performance.now();
  console.log(`\n== ${title}`);
  try {
    await action();
  } catch (error) {
    fail(`${title}: ${error.stack ?? error}`);
  }
  const took = ((performance.now() - started) / 1000).toFixed(1);
  times.push(`${title} ${took} s`);
  console.log(`== ${title}: ${took} s`);
}

function check(title, ok) {
  if (ok) total.passed += 1;
  else fail(title);
}

/** Gives every test file, by its path below the repository. */
function testFiles() {
  const skip = /(^|\/)(node_modules|dist|out-tsc)(\/|$)/;
  return ['packages', 'apps', 'tools', 'e2e']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((name) => `${folder}/${name}`),
    )
    .filter((path) => /\.test\.tsx?$/.test(path) && !skip.test(path));
}

async function vitest(projects, options = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'clawforce-test-'));
  const outputFile = join(directory, 'report.json');
  try {
    const args = [
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${outputFile}`,
      ...projects.flatMap((name) => ['--project', name]),
    ];
    const { code } = await runNode(localBin('vitest'), args, options);
    let report;
    try {
      report = JSON.parse(readFileSync(outputFile, 'utf8'));
    } catch {
      report = undefined;
    }
    const files = testFiles().filter((path) => projects.includes(testKind(path)));
    const count = countTests(
      report,
      code,
      files.map((path) => join(root, path)),
    );
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped += count.skipped;
    failures.push(...count.failures);
    skips.push(...count.skips);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const wanted = wantedSteps(process.argv.slice(2));
await ensureInstalled();

let built = true;

async function format() {
  const { code, output } = await runNode(localBin('prettier'), ['--check', '--log-level', 'warn', '.'], {
    quiet: true,
  });
  if (code !== 0) console.error(output.trimEnd());
  check('format: run `npm run format`', code === 0);
}

async function workspace() {
  const misnamed = testFiles().flatMap(
    (path) => engineProblem(path, readFileSync(join(root, path), 'utf8')) ?? [],
  );
  const problems = [...(await workspaceProblems()), ...misnamed];
  for (const problem of problems) console.error(problem);
  check(`workspace: ${problems.join('; ')}`, problems.length === 0);
}

async function lint() {
  // Behind the build, which generates the database client; the boundary rule needs the graph in Nx's cache.
  if (!wanted.has('workspace')) await workspaceProblems();
  const args = ['.', '--cache', '--cache-location', 'node_modules/.cache/eslint/', '--max-warnings', '0'];
  const { code, output } = await runNode(localBin('eslint'), args, { quiet: true, nice: 19 });
  if (code !== 0) console.error(output.trimEnd());
  check('lint', code === 0);
  const gaps = await boundaryGaps();
  check(`lint: the boundaries between packages: ${gaps.join('; ')}`, gaps.length === 0);
}

async function pack() {
  if (!built) {
    fail('packages: not tried, because the build failed');
    return;
  }
  const { packTests } = await import('./pack/pack-tests.mjs');
  for (const { title, problem } of await packTests())
    check(`pack: ${title}: ${problem}`, problem === undefined);
}

// Each of these keeps one processor busy for a good part of its time.
await Promise.all([
  wanted.has('format') && timed('format', format),
  (async () => {
    if (wanted.has('workspace')) await timed('workspace', workspace);
    if (!wanted.has('build')) return;
    await timed('build and type check', async () => {
      built = await build();
      check('build and type check', built);
    });
  })(),
]);
const near = NEAR.filter((name) => wanted.has(name));
// Tests of the engine run one file at a time, since each network that they make opens the engine's walls for a moment; the
// others run two at a time beside them. All of them mostly wait, and lint takes what they leave.
await Promise.all([
  near.length > 0 && timed(`tests (${near.join(', ')})`, () => vitest(near)),
  wanted.has('engine') && timed('tests (engine)', () => vitest(['engine'])),
  wanted.has('lint') && timed('lint', lint),
]);
// Packing and the clone make networks as well, and an installation must not slow down a page whose time is taken.
await Promise.all([
  wanted.has('e2e') && timed('tests (e2e)', () => vitest(['e2e'])),
  (async () => {
    if (wanted.has('pack')) await timed('packages as users install them', pack);
    if (wanted.has('clone')) await timed('tests (clone)', () => vitest(['clone'], { nice: 5 }));
  })(),
]);

if (skips.length > 0) {
  console.log('\nSkipped, because this host lacks something:');
  for (const [need, titles] of groupSkips(skips)) console.log(`  ${titles.length} need ${need}`);
}
if (failures.length > 0) {
  console.log('\nFailed:');
  for (const sentence of failures) console.log(`  ${sentence.slice(0, 2000)}`);
}
console.log(`\nTimes: ${times.join(', ')}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;
