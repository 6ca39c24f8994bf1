import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import type { CommandPlan } from '../command-plan.js';
import { ShellCommandPolicy } from '../shell-command-policy.js';
import type { Confiner } from './confiner.js';
import { createConfiner } from './create-confiner.js';
import { runCommand, type RunOptions, type RunResult } from './run-command.js';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'policy-shell-relaxed-')));
const workspace = join(base, 'workspace');
afterAll(() => rmSync(base, { recursive: true, force: true }));

const build = (directory: string): void => {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(directory, 'sub/deep'), { recursive: true });
  writeFileSync(join(directory, 'a.txt'), 'one\ntwo\nthree\n');
  writeFileSync(
    join(directory, 'both.sh'),
    'for n in 1 2 3 4 5; do echo out $n; echo err $n >&2; done; exit 3\n',
  );
  writeFileSync(join(directory, 'killed.sh'), 'kill -TERM $$\n');
};

const filesOf = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(directory.length), readFileSync(path, 'utf8')]),
  );

// Lines whose meaning bash and the runner must agree on: output, exit code, and what is left in the directory.
const lines = [
  'cat a.txt | sort | head -1',
  'seq 1 200000 | head -2',
  'seq 1 200000 | tail -1',
  'false | true',
  'true | false',
  'false && echo a || echo b; echo c',
  'true || echo a && echo b',
  'false; true',
  'true; false',
  'ls missing && echo yes',
  'ls missing 2>/dev/null || echo no',
  'no-such-program || echo $',
  'sh both.sh 2>&1',
  'sh both.sh 1>&2',
  'sh both.sh > o 2>&1',
  'sh both.sh 2>&1 > o',
  'sh both.sh &> o; cat o',
  'sh both.sh 2> e 1> o; cat e o',
  'sh both.sh 2>&1 | grep err | wc -l',
  'sh both.sh 2>&1 >/dev/null | wc -l',
  'sh both.sh > o | wc -l',
  'echo one > o; echo two >> o; echo three >| o; cat o',
  'echo x > sub/deep/new && cat sub/deep/new',
  'echo x > o > p; cat p',
  'cat < a.txt | wc -l',
  'cat < missing || echo failed',
  'echo x > missing/o || echo failed',
  'cat < missing | wc -l',
  'sort < a.txt > o && cat o',
  "cat <<'E' | tr a-z A-Z\nsome $text `id`\n\ttab\nE",
  "cat <<-'E'\n\tone\n\t\ttwo\n\tE\necho after",
  "cat > o <<'E' && wc -l o\none\ntwo\nE",
  "cat <<'A' <<'B'\na\nA\nb\nB",
  'cd sub && echo x > here; ls',
  'cd sub/deep && cd ../.. && cat a.txt',
  'cd sub\ncat ../a.txt',
  'mkdir -p new/dir && cd new/dir && echo x > f && cat f',
  'sh killed.sh || echo after',
  'cat | wc -c',
  'echo a | cat | cat | cat | cat | cat',
  'head -c 3000000 /dev/null | wc -c',
];

const runIn = async (
  confiner: Confiner,
  command: string | CommandPlan,
  options: Partial<RunOptions> = {},
): Promise<RunResult> => {
  let plan = typeof command === 'string' ? undefined : command;
  if (typeof command === 'string') {
    const decision = new ShellCommandPolicy({ workspace, relaxed: true }).check(command);
    if (!decision.plan) throw new Error(`refused: ${decision.rule} ${command}`);
    plan = decision.plan;
  }
  if (!plan) throw new Error('no plan');
  return runCommand(plan, { confiner, network: confiner.confined ? 'none' : 'host', ...options });
};
const planOf = (command: string): CommandPlan => {
  const { plan, reason } = new ShellCommandPolicy({ workspace, relaxed: true }).check(command);
  if (!plan) throw new Error(reason);
  return plan;
};

for (const backend of ['bwrap', 'none'] as const) {
  const host = backend === 'bwrap' ? requires('bwrap') : requires('linux');
  host.describe(`a relaxed line, backend ${backend}`, () => {
    beforeEach(() => {
      build(workspace);
      rmSync(join(base, 'outside'), { recursive: true, force: true });
      mkdirSync(join(base, 'outside'));
      writeFileSync(join(base, 'outside/secret'), 'hush\n');
    });
    const run = async (
      command: string | CommandPlan,
      options: Partial<RunOptions> = {},
    ): Promise<RunResult> => runIn(await createConfiner({ backend }), command, options);

    it.each(lines)('does what bash does: %j', async (line) => {
      const copy = join(base, 'copy');
      build(copy);
      const bash = spawnSync('bash', ['-c', line], {
        cwd: copy,
        encoding: 'utf8',
        input: '',
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' },
      });
      const result = await run(line, { maxOutputBytes: 4_000_000 });
      // bash prints its own sentences; only the fact and the streams of commands are compared.
      const own = (text: string): string =>
        text
          .replace(/^(?:bash: .*|Terminated)\n/gm, '')
          .replace(/^.*(?:No such file|no such file|not found).*\n/gm, '');
      expect({ code: result.exitCode, out: result.stdout.text, err: own(result.stderr.text) }).toEqual({
        code: bash.status,
        out: bash.stdout,
        err: own(bash.stderr),
      });
      expect(filesOf(workspace)).toEqual(filesOf(copy));
    });

    it('tells how every command ended that ran', async () => {
      const { commands, exitCode } = await run('sh both.sh | cat; false && ls; sh killed.sh');
      expect(commands).toEqual([
        { program: 'sh', exitCode: 3, signal: null },
        { program: 'cat', exitCode: 0, signal: null },
        { program: 'false', exitCode: 1, signal: null },
        expect.objectContaining({ program: 'sh' }),
      ]);
      expect([143, null]).toContain(exitCode);
      expect((await run('ls')).commands).toBeUndefined();
    });

    it('ends the line when a cd fails, because the rest was judged for the other directory', async () => {
      const plan = planOf('cd sub; cat a.txt > out; echo after');
      rmSync(join(workspace, 'sub'), { recursive: true });
      const result = await run(plan);
      expect(result).toMatchObject({ exitCode: 1, stdout: { text: '' } });
      expect(result.stderr.text).toContain('cd: sub: no such directory');
    });

    it.each([
      [
        'a link in place of the file',
        'echo x > target',
        () => symlinkSync(join(base, 'outside/secret'), join(workspace, 'target')),
      ],
      [
        'a link in place of its directory',
        'echo x > sub/secret',
        () => {
          renameSync(join(workspace, 'sub'), join(workspace, 'was'));
          symlinkSync(join(base, 'outside'), join(workspace, 'sub'));
        },
      ],
      [
        'a link in place of the directory of cd',
        'cd sub && echo x > secret',
        () => {
          renameSync(join(workspace, 'sub'), join(workspace, 'was'));
          symlinkSync(join(base, 'outside'), join(workspace, 'sub'));
        },
      ],
      [
        'a fifo in place of the file',
        'echo x > target',
        () => execFileSync('mkfifo', [join(workspace, 'target')]),
      ],
    ] as const)(
      'writes nothing when the attacker puts %s between judgement and run',
      async (_what, line, swap) => {
        const plan = planOf(line);
        swap();
        const result = await run(plan);
        expect(result.exitCode).toBe(1);
        expect(result.stderr.text).not.toBe('');
        expect(readFileSync(join(base, 'outside/secret'), 'utf8')).toBe('hush\n');
      },
    );

    it('reads nothing through a link that appears between judgement and run', async () => {
      const plan = planOf('cat < a.txt');
      rmSync(join(workspace, 'a.txt'));
      symlinkSync(join(base, 'outside/secret'), join(workspace, 'a.txt'));
      const result = await run(plan);
      expect(result).toMatchObject({ exitCode: 1, stdout: { text: '' } });
    });

    it('opens nothing outside or protected for a plan that was not judged', async () => {
      for (const path of [
        join(base, 'outside/secret'),
        join(workspace, '.state'),
        join(workspace, '../outside/secret'),
      ]) {
        const plan = planOf('cat < a.txt');
        const [pipeline] = plan.pipelines ?? [];
        const [command] = pipeline?.commands ?? [];
        if (!command) throw new Error('no command');
        const forged: CommandPlan = {
          ...plan,
          pipelines: [
            {
              joiner: 'always',
              commands: [{ ...command, redirects: [{ kind: 'write', descriptor: 1, path }] }],
            },
          ],
        };
        expect((await run(forged)).exitCode).toBe(1);
      }
      expect(readFileSync(join(base, 'outside/secret'), 'utf8')).toBe('hush\n');
    });

    it('ends all commands of a pipeline when time is up, and starts no more', async () => {
      const result = await run('sleep 86321 | sleep 86322; echo more', { timeoutMs: 400 });
      expect(result).toMatchObject({ timedOut: true, stdout: { text: '' } });
      const left = (): string =>
        execFileSync(
          'sh',
          ['-c', "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c '8632[12]' || true"],
          { encoding: 'utf8' },
        ).trim();
      await expect.poll(left, { timeout: 20_000 }).toBe('0');
    });

    it('leaves no descriptor open', async () => {
      const open = (): number => readdirSync('/proc/self/fd').length;
      await run('cat a.txt | sort > o 2>&1; sh both.sh 2>&1; cat < missing');
      const before = open();
      for (let round = 0; round < 5; round++) {
        await run('cat a.txt | sort > o 2>&1; sh both.sh 2>&1; cat < missing');
      }
      await expect.poll(open, { timeout: 20_000 }).toBeLessThanOrEqual(before);
    });

    it('streams and bounds the output of all commands together', async () => {
      const seen: string[] = [];
      const { stdout } = await run('echo a; seq 1 100000; echo z', {
        maxOutputBytes: 200,
        onOutput: ({ text }) => seen.push(text),
      });
      expect(stdout.text.startsWith('a\n1\n2\n')).toBe(true);
      expect(stdout.text.endsWith('100000\nz\n')).toBe(true);
      expect(stdout.text.length).toBeLessThan(300);
      expect(seen.join('').length).toBe(588_895 + 4);
    });
  });
}

requires('bwrap').test('each command of a line is confined by itself', async () => {
  build(workspace);
  writeFileSync(join(workspace, 'try.sh'), `cat ${base}/outside/secret; echo x > ${base}/outside/planted\n`);
  mkdirSync(join(base, 'outside'), { recursive: true });
  writeFileSync(join(base, 'outside/secret'), 'hush\n');
  const result = await runIn(
    await createConfiner({ backend: 'bwrap' }),
    'sh try.sh 2>/dev/null | cat; sh try.sh',
  );
  expect(result.stdout.text).toBe('');
  expect(readdirSync(join(base, 'outside'))).toEqual(['secret']);
  expect(result.guarantees).toContain('writes-only-workspace');
});
