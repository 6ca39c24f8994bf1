import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { ShellCommandPolicy } from '../shell-command-policy.js';
import { rawPlan } from '../testing/raw-plan.js';
import type { Confiner } from './confiner.js';
import { createConfiner } from './create-confiner.js';
import { runCommand, type RunOptions, type RunResult } from './run-command.js';
import { probeConfiners } from './probe-confiners.js';

/** How many processes of this host have a word of their command line that matches. */
const processesNamed = (argument: string): number =>
  Number(
    execFileSync(
      'sh',
      ['-c', `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -c '^${argument}$' || true`],
      { encoding: 'utf8' },
    ),
  );

async function until(condition: () => boolean, what: string, ms = 15_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

requires('bwrap').describe('runCommand', () => {
  let workspace: string;
  let confiner: Confiner;
  let policy: ShellCommandPolicy;

  beforeAll(async () => {
    workspace = join(realpathSync(mkdtempSync(join(tmpdir(), 'policy-shell-run-'))), 'workspace');
    mkdirSync(join(workspace, 'sub dir'), { recursive: true });
    writeFileSync(join(workspace, 'a b.txt'), 'one\ntwo\n');
    confiner = await createConfiner();
    policy = new ShellCommandPolicy({ workspace });
  });
  afterAll(() => rmSync(join(workspace, '..'), { recursive: true, force: true }));

  const run = (command: string, options: Partial<RunOptions> = {}, cwd?: string): Promise<RunResult> => {
    const { plan, reason } = policy.check(command, { cwd });
    if (!plan) throw new Error(`refused: ${reason}`);
    return runCommand(plan, { confiner, ...options });
  };
  const sh = (script: string, options: Partial<RunOptions> = {}): Promise<RunResult> =>
    runCommand(rawPlan(workspace, ['sh', '-c', script]), { confiner, ...options });

  it('runs exactly the words that were judged, blanks and operators included', async () => {
    const result = await run(`printf '%s|' 'a; b' "c \\"d\\"" e\\ f '$(id)' '*' ''`);
    expect(result.stdout.text).toBe('a; b|c "d"|e f|$(id)|*||');
    expect(result).toMatchObject({
      exitCode: 0,
      signal: null,
      timedOut: false,
      confined: true,
      backend: 'bwrap',
    });
  });

  it('expands a pattern once, before the judgement', async () => {
    expect((await run('cat *.txt')).stdout.text).toBe('one\ntwo\n');
  });

  it('reads and writes the workspace, from the working directory of the plan', async () => {
    await run('cp ../a\\ b.txt copy.txt', {}, join(workspace, 'sub dir'));
    expect(readFileSync(join(workspace, 'sub dir/copy.txt'), 'utf8')).toBe('one\ntwo\n');
  });

  it('reports the exit code, both streams and what held', async () => {
    const result = await sh('echo out; echo err >&2; exit 7');
    expect(result.exitCode).toBe(7);
    expect(result.stdout.text).toBe('out\n');
    expect(result.stderr.text).toBe('err\n');
    expect(result.guarantees).toEqual(
      expect.arrayContaining([
        'writes-only-workspace',
        'network-none',
        'time-limited',
        'output-capped',
        'group-killed',
      ]),
    );
  });

  it('answers 127 for a program that is not there', async () => {
    expect((await run('no-such-program')).exitCode).toBe(127);
  });

  it('closes standard input, so that nothing waits for a person', async () => {
    expect(await run('cat')).toMatchObject({ exitCode: 0, stdout: { text: '' } });
  });

  it('ends a command that ignores SIGTERM, with all its children, when time is up', async () => {
    const result = await sh("trap '' TERM; (trap '' TERM; sleep 86311) & sleep 86312", { timeoutMs: 300 });
    expect(result.timedOut).toBe(true);
    expect(result.durationMs).toBeLessThan(5000);
    await until(() => processesNamed('8631[12]') === 0, 'both have ended');
  });

  it('ends what a finished command left behind', async () => {
    const running = sh('setsid sleep 86313 & until [ -e go ]; do sleep 0.05; done; rm go; echo done');
    await until(() => processesNamed('86313') === 1, 'it runs in a session of its own');
    writeFileSync(join(workspace, 'go'), '');
    expect((await running).stdout.text).toBe('done\n');
    await until(() => processesNamed('86313') === 0, 'it has ended');
  });

  it('ends a command with all its children, deaf to SIGTERM as they are, when the caller aborts', async () => {
    const abort = new AbortController();
    const running = sh("trap '' TERM; (trap '' TERM; sleep 86314) & sleep 86315", { signal: abort.signal });
    await until(() => processesNamed('8631[45]') === 2, 'both run');
    abort.abort();
    expect(await running).toMatchObject({ aborted: true, timedOut: false });
    await until(() => processesNamed('8631[45]') === 0, 'both have ended');
  });

  it('does not start when the caller has already aborted', async () => {
    await expect(sh('true', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'START_FAILED' });
  });

  it('keeps the beginning and the end of a flood of output, and counts it', async () => {
    const { stdout } = await run('seq 1 200000', { maxOutputBytes: 1000 });
    expect(stdout.totalBytes).toBe(1_288_895);
    expect(stdout.truncated).toBe(true);
    expect(stdout.text.startsWith('1\n2\n3\n')).toBe(true);
    expect(stdout.text.endsWith('199999\n200000\n')).toBe(true);
    expect(Buffer.byteLength(stdout.text)).toBeLessThan(1100);
  });

  it('streams output while the command runs', async () => {
    const seen: string[] = [];
    await sh('echo a; sleep 0.2; echo b >&2', {
      onOutput: ({ stream, text }) => seen.push(`${stream}:${text.trim()}`),
    });
    expect(seen).toEqual(['stdout:a', 'stderr:b']);
  });

  it('gives only the variables that were granted', async () => {
    const { stdout } = await sh('env | cut -d= -f1 | sort | tr "\\n" " "', { env: { GRANTED: '1' } });
    expect(stdout.text).toBe('GRANTED HOME LANG PATH PWD TERM TMPDIR ');
  });

  it('stops a file from growing past its limit', async () => {
    const result = await sh('head -c 3000000 /dev/zero > big; wc -c < big', {
      limits: { fileBytes: 1_000_000 },
    });
    expect(result.stdout.text.trim()).toBe('1000000');
  });

  it('stops a command that burns processor time', async () => {
    const result = await sh('while :; do :; done', { limits: { cpuSeconds: 1 }, timeoutMs: 15_000 });
    expect(result.timedOut).toBe(false);
    expect(result.exitCode).not.toBe(0);
  });

  it('answers cd without running anything', async () => {
    expect((await run("cd 'sub dir'")).exitCode).toBe(0);
    expect((await run('cd nowhere')).exitCode).toBe(1);
  });

  it('keeps concurrent runs apart and leaves no mount points behind', async () => {
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, at) => sh(`echo ${at} > r${at}; sleep 0.1; echo ${at}`)),
    );
    expect(results.map(({ stdout }) => stdout.text.trim())).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
    expect(readdirSync(workspace).filter((name) => name.startsWith('.') || name === 'agent.json')).toEqual(
      [],
    );
  });

  it('names the option that is wrong', async () => {
    await expect(sh('true', { timeoutMs: 0 })).rejects.toThrow('timeoutMs');
    await expect(sh('true', { env: { LD_PRELOAD: 'x' } })).rejects.toThrow('LD_PRELOAD');
    await expect(sh('true', { network: 'everything' as never })).rejects.toThrow('network');
  });

  it('says by running it that bubblewrap works here', async () => {
    expect(await probeConfiners()).toContainEqual(expect.objectContaining({ backend: 'bwrap', works: true }));
  });
});

it('never picks the backend that confines nothing by itself', async () => {
  const confiner = await createConfiner({ backend: 'none' });
  expect(confiner.confined).toBe(false);
  const plan = rawPlan(tmpdir(), ['true']);
  await expect(runCommand(plan, { confiner })).rejects.toMatchObject({ code: 'NETWORK_UNSUPPORTED' });
  expect(await runCommand(plan, { confiner, network: 'host' })).toMatchObject({
    exitCode: 0,
    confined: false,
    backend: 'none',
  });
});

requires('linux').test('holds a command that nothing confines to limits, and says so', async () => {
  const confiner = await createConfiner({ backend: 'none' });
  const run = (argv: string[]) =>
    runCommand(rawPlan(tmpdir(), argv), {
      confiner,
      network: 'host',
      limits: { fileBytes: 1_048_576, cpuSeconds: 77 },
    });
  const found = await run(['cat', '/proc/self/limits']);
  expect(found.guarantees).toEqual(expect.arrayContaining(['file-size-limited', 'cpu-time-limited']));
  expect(found.stdout.text).toMatch(/^Max cpu time +77 +77 /m);
  expect(found.stdout.text).toMatch(/^Max file size +1048576 +1048576 /m);
  expect(found.stdout.text).toMatch(/^Max core file size +0 +0 /m);
  // The shell that sets them reads nothing of the command.
  expect((await run(['printf', '%s|', '$(id)', 'a b', '; id', '-x'])).stdout.text).toBe('$(id)|a b|; id|-x|');
  expect((await run(['no-such-program-here'])).exitCode).toBe(127);
});

requires('linux').test('ends the whole group of a command where no other wall would do it', async () => {
  const confiner = await createConfiner({ backend: 'none' });
  const abort = new AbortController();
  // SIGTERM ends the shell and the second sleep; the first one is deaf to it and goes when the shell has ended.
  const plan = rawPlan(tmpdir(), ['sh', '-c', "(trap '' TERM; sleep 86316) & sleep 86317"]);
  const running = runCommand(plan, { confiner, network: 'host', signal: abort.signal });
  await until(() => processesNamed('8631[67]') === 2, 'both run');
  abort.abort();
  expect(await running).toMatchObject({ aborted: true });
  await until(() => processesNamed('8631[67]') === 0, 'both have ended');
});
