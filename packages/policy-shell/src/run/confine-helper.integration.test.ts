import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  compileHelper,
  confineHelper,
  findCompiler,
  isStaticElf,
} from '../../../../tools/host/confine-helper.js';
import { requires } from '../../../../tools/host/host-test.js';

const native = fileURLToPath(new URL('../../native', import.meta.url));
const system = ['/usr', '/bin', '/lib', '/lib64', '/etc/ld.so.cache'].flatMap((path) => [
  '--read-if-exists',
  path,
]);

requires('cc', 'landlock').describe('clawforce-confine', () => {
  let base: string;
  let helper: string;
  beforeAll(() => {
    helper = confineHelper();
    base = realpathSync(mkdtempSync(join(tmpdir(), 'confine-')));
    mkdirSync(join(base, 'ws'));
    symlinkSync(join(base, 'ws'), join(base, 'link'));
    writeFileSync(join(base, 'script'), '#!/bin/sh\n', { mode: 0o644 });
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  const run = (
    words: readonly string[],
    program = helper,
  ): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(program, words, { encoding: 'utf8', cwd: base, timeout: 60_000 });

  it('tells what the kernel offers', () => {
    const probe = JSON.parse(run(['--probe']).stdout) as { landlock: number };
    expect(probe).toMatchObject({ version: 1, reason: '', seccomp: true });
    expect(probe.landlock).toBeGreaterThanOrEqual(6);
  });

  const plant = ['--', 'sh', '-c', 'echo ran > planted'];
  it.each<[string, number, string, string[]]>([
    ['no command', 220, 'arguments: nothing to execute', []],
    ['an empty command', 220, 'arguments', ['--', '']],
    ['an unknown option', 220, 'arguments: unknown option', ['--config', 'x', ...plant]],
    ['an option without value', 220, 'arguments', ['--write']],
    ['a relative path', 220, 'arguments: a path must be absolute', ['--write', 'ws', ...plant]],
    ['an unknown network', 220, 'arguments: --network', ['--network', 'tcp', ...plant]],
    ['port 0', 220, 'arguments: --network', ['--network', 'tcp:0', ...plant]],
    ['a port with a tail', 220, 'arguments: --network', ['--network', 'tcp:80x', ...plant]],
    ['a port beyond 65535', 220, 'arguments: --network', ['--network', 'tcp:65536', ...plant]],
    ['a negative limit', 220, 'arguments: --limit', ['--limit', 'fsize=-1', ...plant]],
    ['an unknown limit', 220, 'arguments: --limit', ['--limit', 'memory=1', ...plant]],
    ['an overflowing limit', 220, 'arguments: --limit', ['--limit', 'cpu=99999999999999999999', ...plant]],
    ['a status descriptor that is an output', 220, 'arguments: --status-fd', ['--status-fd', '1', ...plant]],
    ['a status descriptor that is closed', 221, 'descriptors: --status-fd', ['--status-fd', '77', ...plant]],
    ['a kernel without Landlock', 224, 'landlock-abi', ['--most-abi', '0', ...plant]],
    [
      'a kernel whose Landlock is too old',
      224,
      'landlock-abi',
      ['--most-abi', '3', '--least-abi', '4', ...plant],
    ],
    [
      'a directory that does not exist',
      225,
      'landlock-path: /nonexistent',
      ['--write', '/nonexistent', ...plant],
    ],
    [
      'a readable path that does not exist',
      225,
      'landlock-path: /nonexistent',
      ['--read', '/nonexistent', ...plant],
    ],
    ['a writable path that is a link', 225, 'landlock-path', ['--write', '$BASE/link', ...plant]],
    ['a device that is none', 225, 'landlock-path', ['--device', '/etc/passwd', ...plant]],
    ['a caller that is gone', 228, 'guard: the caller is gone', ['--caller', '1', ...plant]],
    [
      'a port where Landlock cannot limit ports',
      226,
      'landlock-port',
      ['--most-abi', '3', '--network', 'tcp:80', ...plant],
    ],
    ['a program that does not exist', 127, 'exec: no-such-program', ['--', 'no-such-program']],
    ['a program that is out of reach', 126, 'exec: ', ['--', '$BASE/script']],
    ['a program that is not executable', 126, 'exec: ', ['--read', '$BASE', '--', '$BASE/script']],
  ])('executes nothing for %s', (_case, code, line, words) => {
    const { status, stdout, stderr } = run([...system, ...words.map((word) => word.replace('$BASE', base))]);
    expect([status, stdout]).toEqual([code, '']);
    expect(stderr).toMatch(/^clawforce-confine: [^\n]+\n$/);
    expect(stderr).toContain(`clawforce-confine: ${line}`);
    expect(existsSync(join(base, 'planted'))).toBe(false);
  });

  it('would have executed the command of that list', () => {
    const { status } = run([...system, '--write', base, ...plant]);
    expect([status, readFileSync(join(base, 'planted'), 'utf8')]).toEqual([0, 'ran\n']);
    rmSync(join(base, 'planted'));
  });

  it('passes the exit status and the words on, and takes every option after -- as a word', () => {
    const { status, stdout } = run([
      ...system,
      '--',
      'sh',
      '-c',
      'printf "%s|" "$@"; exit 42',
      'sh',
      '--write',
      '/',
      '',
      'a b',
    ]);
    expect([status, stdout]).toEqual([42, '--write|/||a b|']);
  });

  // A limit of 0 would not keep the kernel from piping a core dump into a program of the host; 1 does.
  it('leaves no capability, no way to new ones, and limits that cannot be raised', () => {
    const { stdout } = run([
      ...system,
      '--read',
      '/proc',
      '--limit',
      'fsize=4096',
      '--limit',
      'nofile=64',
      '--',
      'sh',
      '-c',
      'grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status; grep -E "^Max core" /proc/self/limits; ulimit -n; ulimit -n 128 2>/dev/null && echo raised',
    ]);
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /^CapInh: 0+ CapPrm: 0+ CapEff: 0+ CapBnd: \w+ CapAmb: 0+ NoNewPrivs: 1 Seccomp: 2 Max core file size 1 1 bytes 64 $/,
    );
  });

  it('closes every descriptor but the standard ones', () => {
    const script = `exec 7</etc/passwd; "$@" -- sh -c 'cat <&7'`;
    const { stdout, stderr } = run(['-c', script, 'sh', helper, ...system], 'sh');
    expect(stdout).toBe('');
    expect(stderr).toMatch(/7: Bad file descriptor/i);
  });

  it('gives the command no child that it did not start', () => {
    const { stdout } = run([...system, '--device', '/dev/null', '--', 'perl', '-e', 'print wait(), "\\n"']);
    expect(stdout.trim()).toBe('-1');
  });

  // A weakened build, in a pid namespace of its own: should its guard run, it would kill what it can see.
  requires('root', 'mounts').test(
    'executes nothing, and starts no guard, where the kernel does not keep signals inside',
    () => {
      const weak = join(base, 'weak');
      cpSync(native, weak, { recursive: true });
      const source = readFileSync(join(weak, 'landlock.c'), 'utf8');
      const weakened = source.replace('attr.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL', 'attr.scoped = 0');
      expect(weakened).not.toBe(source);
      writeFileSync(join(weak, 'landlock.c'), weakened);
      const program = join(base, 'weak-helper');
      compileHelper(findCompiler()!, program, { sources: weak });
      const words = [...system, '--', 'sh', '-c', 'echo ran'];
      const isolated = ['--pid', '--fork', '--kill-child'];
      for (const started of [
        [program, ...words],
        ['sh', '-c', '"$@"; exit $?', 'sh', program, ...words],
      ]) {
        const { status, stdout, stderr } = run([...isolated, ...started], 'unshare');
        expect([status, stdout]).toEqual([228, '']);
        expect(stderr).toContain('guard: signals are not kept inside the domain');
      }
      // The real one, in the same place.
      expect(run([...isolated, helper, ...words], 'unshare')).toMatchObject({ status: 0, stdout: 'ran\n' });
      expect(
        run([...isolated, 'sh', '-c', '"$@"; exit $?', 'sh', helper, ...words], 'unshare'),
      ).toMatchObject({ status: 0, stdout: 'ran\n' });
    },
  );

  describe('a build with sanitizers', () => {
    let sanitized: string;
    beforeAll(() => {
      sanitized = join(base, 'sanitized');
      const sources = execFileSync('sh', ['-c', 'ls "$0"/*.c', native], { encoding: 'utf8' })
        .trim()
        .split('\n');
      execFileSync('cc', [
        '-std=c11',
        '-D_GNU_SOURCE',
        '-g',
        '-O1',
        '-fsanitize=address,undefined',
        '-fno-sanitize-recover=all',
        '-o',
        sanitized,
        ...sources,
      ]);
    });

    it('finds nothing in a confined start', () => {
      const { status, stdout, stderr } = run(
        [
          ...system,
          '--write',
          join(base, 'ws'),
          '--device',
          '/dev/null',
          '--limit',
          'cpu=60',
          '--network',
          'tcp:3128',
          '--',
          'echo',
          'confined',
        ],
        sanitized,
      );
      expect([status, stdout, stderr]).toEqual([0, 'confined\n', '']);
    });

    it('finds nothing for hostile words', () => {
      const long = 'x'.repeat(100_000);
      const options = [
        '--write',
        '--read',
        '--read-if-exists',
        '--device',
        '--limit',
        '--network',
        '--least-abi',
        '--most-abi',
        '--status-fd',
        '--dump-filter',
        '--',
      ];
      const values = [
        '',
        '-',
        '--',
        `/${long}`,
        long,
        'tcp:',
        'tcp:-1',
        'fsize=',
        'fsize',
        '=',
        '99999999999999999999999',
        '-1',
        '1023',
        '%s%n',
        '\u00ff\ufffd',
      ];
      const lists = [
        ...options.flatMap((option) => [[option], ...values.map((value) => [option, value])]),
        Array<string>(600)
          .fill('--write')
          .flatMap((option) => [option, '/usr']),
        Array<string>(40)
          .fill('--limit')
          .flatMap((option) => [option, 'cpu=1']),
      ];
      for (const words of lists) {
        const { status, stderr } = run([...words, '--most-abi', '0'], sanitized);
        expect(stderr).not.toMatch(/Sanitizer|runtime error/);
        expect([0, 126, 127, 220, 221, 224, 225]).toContain(status);
      }
    });
  });

  it('is the same program wherever it is built', () => {
    const [first, second, copy] = ['first', 'second', 'elsewhere'].map((name) => join(base, name));
    cpSync(native, copy!, { recursive: true });
    compileHelper(findCompiler()!, first!);
    compileHelper(findCompiler()!, second!, { sources: copy! });
    expect(readFileSync(first!).equals(readFileSync(second!))).toBe(true);
    expect([isStaticElf(first!), isStaticElf('/bin/sh')]).toEqual([true, false]);
  });
});
