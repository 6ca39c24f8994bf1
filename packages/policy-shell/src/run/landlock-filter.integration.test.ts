import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { confineHelper } from '../../../../tools/host/confine-helper.js';
import { requires } from '../../../../tools/host/host-test.js';
import { auditArchitectures, type BpfInstruction, runFilter } from '../testing/bpf.js';

type Architecture = 'x86_64' | 'aarch64';

const [EPERM, ENOSYS, EOPNOTSUPP] = [1, 38, 95];
const verdicts: Readonly<Record<string, number>> = {
  REFUSED: EPERM,
  ABSENT: ENOSYS,
  UNSUPPORTED: EOPNOTSUPP,
};
const table = readFileSync(fileURLToPath(new URL('../../native/syscall-table.h', import.meta.url)), 'utf8');

/** Rows of the table: group, name, number on each architecture. */
const rows = table.split(/#define (?=\w+_SYSCALLS)/).flatMap((part) => {
  const group = /^(\w+)_SYSCALLS/.exec(part)?.[1] ?? '';
  return [...part.matchAll(/(?:REFUSE|JUDGE)\((\w+), (-?\d+), (-?\d+)\)/g)].map(
    ([, name = '', x86_64, aarch64]) => ({
      group,
      name,
      x86_64: Number(x86_64),
      aarch64: Number(aarch64),
    }),
  );
});

requires('cc').describe('the system call filter', () => {
  const filter = (architecture: Architecture, ...options: string[]): readonly BpfInstruction[] =>
    JSON.parse(
      execFileSync(confineHelper(), [...options, '--dump-filter', architecture], { encoding: 'utf8' }),
    ) as readonly BpfInstruction[];

  it('has rows for every group', () => {
    const count = (group: string): number => rows.filter((row) => row.group === group).length;
    expect([count('REFUSED') > 70, count('ABSENT'), count('JUDGED') > 25]).toEqual([true, 5, true]);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  });

  it('numbers its calls as the headers of this machine do, for both architectures', () => {
    const directory = mkdtempSync(join(tmpdir(), 'policy-shell-numbers-'));
    try {
      const numbersOf = (architecture: Architecture, include: string): void => {
        const lines = rows.map(({ name, [architecture]: number }) =>
          [
            `#ifdef __NR_${name}`,
            `_Static_assert(__NR_${name} == ${number}, "${name}");`,
            '#else',
            // Headers may be older than the table, never the other way round.
            ...(number >= 0 && number < 424 ? [`#error ${name} does not exist`] : []),
            '#endif',
          ].join('\n'),
        );
        const source = join(directory, `${architecture}.c`);
        writeFileSync(source, `${include}\n${lines.join('\n')}\nint nothing;\n`);
        execFileSync('cc', ['-fsyntax-only', source], { stdio: 'pipe' });
      };
      if (process.arch === 'x64') numbersOf('x86_64', '#include <asm/unistd_64.h>');
      // The table of asm-generic is that of aarch64, whatever this machine is.
      numbersOf(
        'aarch64',
        [
          '#undef __BITS_PER_LONG',
          '#define __BITSPERLONG_H',
          '#define __BITS_PER_LONG 64',
          '#define __ARCH_WANT_RENAMEAT',
          '#define __ARCH_WANT_NEW_STAT',
          '#define __ARCH_WANT_SET_GET_RLIMIT',
          '#define __ARCH_WANT_TIME32_SYSCALLS',
          '#define __ARCH_WANT_SYS_CLONE3',
          '#define __ARCH_WANT_MEMFD_SECRET',
          '#include <asm-generic/unistd.h>',
        ].join('\n'),
      );
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  describe.each(['x86_64', 'aarch64'] as const)('on %s', (architecture) => {
    const other = architecture === 'x86_64' ? 'aarch64' : 'x86_64';
    const nr = (name: string): number => rows.find((row) => row.name === name)![architecture];
    const judge = (name: string, args: readonly (number | bigint)[], ...options: string[]): unknown =>
      runFilter(filter(architecture, ...options), {
        architecture: auditArchitectures[architecture],
        number: nr(name),
        args: args.map((value) => BigInt.asUintN(64, BigInt(value))),
      });

    it('refuses every call of the table and admits every other that Linux has', () => {
      const program = filter(architecture, '--network', 'host');
      const verdictOf = (number: number): unknown =>
        runFilter(program, { architecture: auditArchitectures[architecture], number, args: [] });
      const listed = new Map(rows.map((row) => [row[architecture], row.group]));
      for (let number = 0; number <= 469; number++) {
        const group = listed.get(number);
        if (group === 'JUDGED') continue;
        const expected = group === undefined ? 'allow' : verdicts[group];
        expect([number, verdictOf(number)]).toEqual([number, expected]);
      }
      for (const newer of [470, 512, 1000, 0x3fffffff, 0x40000000, 0x40000000 + 59, 0x7fffffff, -1]) {
        expect([newer, verdictOf(newer)]).toEqual([newer, ENOSYS]);
      }
    });

    it('kills a process that calls by the convention of another architecture', () => {
      for (const foreign of [auditArchitectures[other], 0x40000003, 0x40000028, 0]) {
        expect(runFilter(filter(architecture), { architecture: foreign, number: 0 })).toBe('kill');
      }
    });

    it('judges sockets by family, type and protocol', () => {
      const tcp = ['--network', 'tcp:3128'];
      const host = ['--network', 'host'];
      const [unix, inet, inet6, netlink, packet] = [1, 2, 10, 16, 17];
      const flags = 0o2000000 | 0o4000;
      for (const family of [unix, inet, inet6, netlink, packet, 38, 40, 44]) {
        expect(judge('socket', [family, 1, 0])).toBe(EPERM);
      }
      for (const family of [inet, inet6]) {
        for (const protocol of [0, 6])
          expect(judge('socket', [family, 1 | flags, protocol], ...tcp)).toBe('allow');
        for (const protocol of [1, 132, 262])
          expect(judge('socket', [family, 1, protocol], ...tcp)).toBe(EPERM);
        for (const type of [2, 3, 5]) expect(judge('socket', [family, type, 0], ...tcp)).toBe(EPERM);
        expect(judge('socket', [family, 2, 17], ...host)).toBe('allow');
      }
      for (const family of [unix, netlink, packet, 38, 40])
        expect(judge('socket', [family, 1, 0], ...tcp)).toBe(EPERM);
      expect(judge('socket', [netlink, 3, 0], ...host)).toBe('allow');
      expect(judge('socket', [netlink, 3, 9], ...host)).toBe(EPERM);
      for (const family of [unix, packet, 38, 40])
        expect(judge('socket', [family, 1, 0], ...host)).toBe(EPERM);
      // The kernel looks at the lower half only, so the upper half must not hide a family.
      expect(judge('socket', [(1n << 32n) | 1n, 1, 0], ...host)).toBe(EPERM);
    });

    it('leaves socket pairs that cannot be pointed elsewhere', () => {
      const flags = 0o2000000 | 0o4000;
      expect([1, 5].map((type) => judge('socketpair', [1, type | flags, 0]))).toEqual(['allow', 'allow']);
      expect([2, 3, 4, 10].map((type) => judge('socketpair', [1, type | flags, 0]))).toEqual([
        EPERM,
        EPERM,
        EPERM,
        EPERM,
      ]);
      expect(judge('socketpair', [30, 1, 0])).toBe(EPERM);
    });

    it('refuses connections where there is no network, and ways around connect and bind where a port is allowed', () => {
      expect([
        judge('connect', []),
        judge('connect', [], '--network', 'tcp:1'),
        judge('connect', [], '--network', 'host'),
      ]).toEqual([EPERM, 'allow', 'allow']);
      for (const name of ['bind', 'listen']) {
        expect([
          judge(name, []),
          judge(name, [], '--network', 'tcp:1'),
          judge(name, [], '--network', 'host'),
        ]).toEqual([EPERM, EPERM, 'allow']);
      }
      const fastOpen = 0x20000000 | 0x4000;
      const calls = [
        ['sendto', [3, 0, 0, fastOpen]],
        ['sendmsg', [3, 0, fastOpen]],
        ['sendmmsg', [3, 0, 1, fastOpen]],
      ] as const;
      for (const [name, args] of calls) {
        expect(judge(name, args, '--network', 'tcp:1')).toBe(EPERM);
        expect(
          judge(
            name,
            args.map((value) => (value === fastOpen ? 0x4000 : value)),
            '--network',
            'tcp:1',
          ),
        ).toBe('allow');
        expect(judge(name, args, '--network', 'host')).toBe('allow');
      }
    });

    it('refuses to type into a terminal, also with a disguised request', () => {
      for (const request of [0x5412, 0x541c, 0x5423]) {
        expect(judge('ioctl', [0, request])).toBe(EPERM);
        expect(judge('ioctl', [0, BigInt(request) | (7n << 32n)])).toBe(EPERM);
      }
      expect(judge('ioctl', [0, 0x5413])).toBe('allow');
    });

    it('refuses namespaces and foreign children by clone, and leaves threads and processes', () => {
      const threads = 0x3d0f00;
      expect([0, 17, 0x4111, threads].map((flags) => judge('clone', [flags]))).toEqual(
        Array(4).fill('allow'),
      );
      for (const bit of [
        0x20000, 0x8000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000,
      ]) {
        expect(judge('clone', [bit | 17])).toBe(EPERM);
      }
    });

    it('lets a process change limits and priorities of its own only', () => {
      expect(judge('prlimit64', [0, 7, 0x1000, 0])).toBe('allow');
      expect(judge('prlimit64', [77, 7, 0, 0x1000])).toBe('allow');
      expect([judge('prlimit64', [77, 7, 0x1000]), judge('prlimit64', [77, 7, 1n << 40n])]).toEqual([
        EPERM,
        EPERM,
      ]);
      expect(
        [
          [0, 0],
          [1, 0],
          [0, 77],
          [2, 0],
          [2, 77],
        ].map((args) => judge('setpriority', args)),
      ).toEqual(['allow', 'allow', EPERM, EPERM, EPERM]);
      expect(
        [
          [1, 0],
          [2, 0],
          [1, 77],
          [3, 0],
        ].map((args) => judge('ioprio_set', args)),
      ).toEqual(['allow', 'allow', EPERM, EPERM]);
      for (const name of ['sched_setparam', 'sched_setscheduler', 'sched_setaffinity', 'sched_setattr']) {
        expect([judge(name, [0]), judge(name, [77])]).toEqual(['allow', EPERM]);
      }
    });

    it('refuses set-uid and set-gid modes wherever a mode is given', () => {
      const [create, temporary, write] = [0x40, 0x400000, 1];
      const calls: [string, (mode: number) => number[]][] = [
        ['openat', (mode) => [0, 0, create | write, mode]],
        ['openat', (mode) => [0, 0, temporary | write, mode]],
        ['mknodat', (mode) => [0, 0, 0o100000 | mode]],
        ['fchmod', (mode) => [3, mode]],
        ['fchmodat', (mode) => [0, 0, mode]],
        ['fchmodat2', (mode) => [0, 0, mode]],
        ...(architecture === 'aarch64'
          ? []
          : ([
              ['open', (mode) => [0, create | write, mode]],
              ['creat', (mode) => [0, mode]],
              ['chmod', (mode) => [0, mode]],
              ['mknod', (mode) => [0, 0o100000 | mode]],
            ] as [string, (mode: number) => number[]][])),
      ];
      for (const [name, args] of calls) {
        expect([name, judge(name, args(0o755)), judge(name, args(0o1777))]).toEqual([name, 'allow', 'allow']);
        expect([name, judge(name, args(0o4755)), judge(name, args(0o2755))]).toEqual([name, EPERM, EPERM]);
      }
      // Without O_CREAT the register may hold anything.
      expect(judge('openat', [0, 0, write, 0o4755])).toBe('allow');
    });

    it('takes over what an old Landlock cannot hold', () => {
      const [old, middle, scoped] = [
        ['--most-abi', '2'],
        ['--most-abi', '5'],
        ['--most-abi', '6'],
      ];
      expect([judge('truncate', [], ...old), judge('truncate', [], ...middle)]).toEqual([EPERM, 'allow']);
      const open = (flags: number, options: string[]): unknown =>
        judge('openat', [0, 0, flags, 0o600], ...options);
      expect([open(0x200, old), open(0x240, old), open(0x201, old), open(0x200, middle)]).toEqual([
        EPERM,
        EPERM,
        'allow',
        'allow',
      ]);
      expect([
        judge('kill', [-1, 9], ...middle),
        judge('kill', [-1, 9], ...scoped),
        judge('kill', [77, 9], ...middle),
      ]).toEqual([EPERM, 'allow', 'allow']);
    });
  });
});
