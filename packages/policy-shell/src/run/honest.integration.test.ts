import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { ShellCommandPolicy } from '../shell-command-policy.js';
import { buildFixture, readCorpus, readLines } from '../testing/corpus.js';

const shells = { bash: ['bash'], dash: ['dash'], busybox: ['busybox', 'sh'] } as const;
// Release size: the daily commands too.
const everything = process.env['CLAWFORCE_HONEST_RUNS'] === 'all';
const path = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';

/** Commands that pass, with the words we would run. */
function allowed(
  workspace: string,
  daily: boolean,
): { command: string; argv: readonly string[]; env: boolean }[] {
  const policy = new ShellCommandPolicy({ workspace });
  const commands = [
    ...readCorpus(workspace)
      .filter((entry) => entry.expect === 'allow')
      .map(({ cmd }) => cmd),
    ...(daily ? readLines('daily.txt', workspace) : []),
  ];
  return [...new Set(commands)].flatMap((command) => {
    const { plan } = policy.check(command);
    return plan ? [{ command, argv: plan.argv, env: Object.keys(plan.env).length > 0 }] : [];
  });
}

for (const [name, [program, ...args]] of Object.entries(shells)) {
  requires('linux', name as keyof typeof shells).describe(`every honest command in ${name}`, () => {
    let fixture: ReturnType<typeof buildFixture>;
    beforeAll(() => {
      fixture = buildFixture();
    });
    afterAll(() => fixture.remove());

    it('has the words that we would run, patterns expanded', () => {
      const cases = allowed(fixture.workspace, true).filter(({ env }) => !env);
      // A function prints the words; one shell for all, each in a subshell of the same directory.
      const script = cases.map(({ command }) => `( f ${command}\n); printf '\\001'`).join('\n');
      const { stdout, status } = spawnSync(
        program,
        [...args, '-c', `f() { printf '%s\\0' "$@"; }\n${script}\n`],
        {
          cwd: fixture.workspace,
          encoding: 'utf8',
          env: { PATH: path, LC_ALL: 'C.UTF-8' },
          maxBuffer: 2 ** 26,
        },
      );
      expect(status).toBe(0);
      const answers = stdout.split('\u0001').slice(0, -1);
      expect(answers.length).toBe(cases.length);
      for (const [at, { command, argv }] of cases.entries()) {
        expect([command, answers[at]?.split('\0').slice(0, -1)]).toEqual([command, argv]);
      }
      expect(cases.length).toBeGreaterThan(700);
    });
  });
}

requires('bwrap', 'bash', 'dash', 'busybox').describe(
  'every honest command of the corpus, run by real shells',
  () => {
    // Everything but /usr is writable in there and holds sentinels, so that a touch outside shows.
    const outside = ['/etc', '/home', '/root', '/var', '/opt', '/srv'];
    let base: string;
    beforeAll(() => {
      base = realpathSync(mkdtempSync(join(tmpdir(), 'policy-shell-honest-')));
    });
    afterAll(() => rmSync(base, { recursive: true, force: true }));

    const runAll = (commands: readonly string[]): string => {
      const listing = join(base, 'commands');
      rmSync(listing, { recursive: true, force: true });
      mkdirSync(listing);
      for (const [at, command] of commands.entries()) {
        writeFileSync(join(listing, String(at).padStart(5, '0')), `${command}\n`);
      }
      const vectors = fileURLToPath(new URL('../../test/vectors/', import.meta.url));
      const state = `find ${outside.join(' ')} -path /srv/agents/a1/workspace -prune -o -type f -exec cksum {} + -o -print | sort | cksum`;
      const driver = [
        `for d in ${outside.join(' ')}; do echo "sentinel $d" > $d/sentinel; done`,
        'mkdir -p /srv/agents/a1',
        'sh /run/vectors/shell-fixture.sh /srv/agents/a1 > /dev/null',
        `before=$(${state})`,
        'ran=0; batch=; count=0',
        'for file in /run/commands/*; do',
        '  if [ $((count % 16)) = 0 ]; then',
        '    cd / && rm -rf /srv/agents/a1/workspace && sh /run/vectors/shell-fixture.sh /srv/agents/a1 > /dev/null',
        '    cd /srv/agents/a1/workspace; batch=',
        '  fi',
        '  count=$((count + 1)); batch="$batch $(cat $file);"',
        "  for shell in bash dash 'busybox sh'; do",
        '    timeout -s KILL 3 $shell $file < /dev/null > /run/out/log 2>&1; ended=$?',
        '    [ $ended = 127 ] || ran=$((ran + 1))',
        // A tool that is not here and one that does not end are the same from every shell.
        '    case $ended in 127 | 137) break ;; esac',
        '  done',
        '  if [ $((count % 16)) = 0 ] || [ $count = $(ls /run/commands | wc -l) ]; then',
        `    [ "$before" = "$(${state})" ] || { echo "TOUCHED by one of:$batch"; before=$(${state}); }`,
        '  fi',
        'done',
        'echo "RAN $ran"',
        '',
      ];
      writeFileSync(join(base, 'driver.sh'), driver.join('\n'));
      const { stdout, stderr } = spawnSync(
        'bwrap',
        [
          ...[
            '--unshare-all',
            '--unshare-user',
            '--die-with-parent',
            '--new-session',
            '--ro-bind',
            '/usr',
            '/usr',
          ],
          ...['bin', 'sbin', 'lib', 'lib64'].flatMap((link) => ['--symlink', `usr/${link}`, `/${link}`]),
          ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--tmpfs', '/run/out'],
          ...outside.flatMap((directory) => ['--tmpfs', directory]),
          ...['--ro-bind', listing, '/run/commands', '--ro-bind', vectors, '/run/vectors'],
          ...['--ro-bind', join(base, 'driver.sh'), '/run/driver.sh', '--clearenv', '--setenv', 'PATH', path],
          ...['--setenv', 'HOME', '/tmp', '--setenv', 'LANG', 'C.UTF-8', '--', 'sh', '/run/driver.sh'],
        ],
        { encoding: 'utf8', maxBuffer: 2 ** 26 },
      );
      expect(stderr).toBe('');
      return stdout;
    };

    it(
      'touches nothing outside its workspace',
      () => {
        const commands = allowed('/srv/agents/a1/workspace', everything).map(({ command }) => command);
        const report = runAll(commands);
        expect(report).not.toContain('TOUCHED');
        const ran = Number(/^RAN (\d+)$/m.exec(report)?.[1] ?? 0);
        console.info(`${ran} honest runs found their tool`);
        expect(ran).toBeGreaterThan(300);
      },
      everything ? 3_600_000 : 900_000,
    );

    it('would be noticed if it did (positive control)', () => {
      expect(runAll(['ls', 'echo x > ../secret'])).toContain('TOUCHED by one of: ls; echo x > ../secret;');
      expect(runAll(['touch /var/planted'])).toContain('TOUCHED');
    });
  },
);
