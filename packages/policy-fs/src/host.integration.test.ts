import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import type { HostProbe } from './testing/host-probe.js';

const probeFile = fileURLToPath(new URL('testing/host-probe.ts', import.meta.url));
const overtakenFile = fileURLToPath(new URL('testing/overtaken-writer.ts', import.meta.url));
const node = [process.execPath, '--conditions=@clawforce/source', '--import', 'tsx', probeFile] as const;
const NOBODY = 65534;

let top = '';
let root = '';

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'cf-host-')));
  root = join(top, 'agent');
  for (const name of ['agent/workspace/d', 'agent/profiles', 'agent/.config', 'outside']) {
    mkdirSync(join(top, name), { recursive: true });
  }
  writeFileSync(join(root, 'workspace/d/a.txt'), 'inside');
  writeFileSync(join(root, 'profiles/p.md'), 'profile');
  writeFileSync(join(top, 'outside/a.txt'), 'OUTSIDE');
});

afterEach(() => rmSync(top, { recursive: true, force: true }));

const last = (output: string): HostProbe => JSON.parse(output.trim().split('\n').at(-1) ?? '') as HostProbe;

/** Runs the probe after some shell commands, in a mount namespace of its own. */
function withMounts(script: string, steps: readonly unknown[]): HostProbe {
  const args = [...node, root, '', JSON.stringify(steps)];
  return last(
    execFileSync('unshare', ['-m', 'sh', '-ec', `${script}\nexec "$@"`, 'sh', ...args], {
      encoding: 'utf8',
      env: { ...process.env, TOP: top },
    }),
  );
}

describe('mounts', () => {
  const { test } = requires('linux', 'root', 'mounts');

  test('a workspace that is a mount of its own over a read-only root works', () => {
    const { containment, outcomes } = withMounts(
      `mkdir "$TOP/store"; cp -r "$TOP/agent/workspace/." "$TOP/store"
       mount --bind "$TOP/agent" "$TOP/agent"; mount -o remount,bind,ro "$TOP/agent"
       mount --bind "$TOP/store" "$TOP/agent/workspace"`,
      [
        ['readFile', 'd/a.txt'],
        ['writeFile', 'd/new.txt', 'x'],
        ['move', 'd/new.txt', 'e/new.txt'],
        ['writeFile', 'profiles/x', 'x'],
        ['readFile', 'profiles/p.md'],
      ],
    );
    expect(containment).toBe('kernel');
    expect(outcomes).toEqual([
      'inside',
      'workspace/d/new.txt',
      'workspace/e/new.txt',
      'READ_ONLY',
      'profile',
    ]);
    expect(existsSync(join(top, 'store/e/new.txt'))).toBe(true);
  });

  test('an attacker who gets a directory of the same file system mounted inside reaches nothing through it', () => {
    const { outcomes } = withMounts(
      `mkdir "$TOP/agent/workspace/m"; mount --bind "$TOP/outside" "$TOP/agent/workspace/m"
       touch "$TOP/agent/workspace/f"; mount --bind "$TOP/outside/a.txt" "$TOP/agent/workspace/f"
       mkdir "$TOP/agent/workspace/e"; touch "$TOP/agent/workspace/e/f"
       mount --bind "$TOP/outside/a.txt" "$TOP/agent/workspace/e/f"
       ln -s d "$TOP/outside/link"
       mkdir "$TOP/agent/workspace/g"; touch "$TOP/agent/workspace/g/.gitignore" "$TOP/agent/workspace/g/kept"
       echo kept >"$TOP/outside/rules"; mount --bind "$TOP/outside/rules" "$TOP/agent/workspace/g/.gitignore"`,
      [
        ['readFile', 'm/a.txt'],
        ['readFile', 'f'],
        // What is there or missing, and where its links lead, is not told either.
        ['readFile', 'm/none'],
        ['readFile', 'm/none/deeper'],
        ['readFile', 'm/a.txt/deeper'],
        ['readFile', 'm/link/a.txt'],
        ['readFile', 'm/link'],
        ['writeFile', 'm/new.txt', 'x'],
        ['writeFile', 'm/deep/new.txt', 'x'],
        ['mkdir', 'm/n'],
        ['glob', '**'],
        ['glob', 'g/*', { gitignore: true }],
        ['remove', 'm/a.txt'],
        ['remove', 'm', { recursive: true }],
        ['move', 'd/a.txt', 'm/b.txt'],
        ['remove', 'e', { recursive: true }],
      ],
    );
    expect(outcomes).toEqual([
      ...Array<string>(10).fill('CROSS_MOUNT'),
      ['workspace/d/a.txt', 'workspace/e/f', 'workspace/f', 'workspace/g/kept'],
      ['workspace/g/kept'],
      ...Array<string>(4).fill('CROSS_MOUNT'),
    ]);
    expect(execFileSync('ls', [join(top, 'outside')], { encoding: 'utf8' })).toBe('a.txt\nlink\nrules\n');
  });

  test('without a procfs to rely on nothing is opened', () => {
    const open = `import { AgentFS } from '@clawforce/policy-fs';
      await AgentFS.open(process.argv[1]).then((fs) => console.log(fs.containment), (error) => console.log(error.code));`;
    const script = 'mount -t tmpfs none /proc; exec "$@"';
    const command = [
      process.execPath,
      '--conditions=@clawforce/source',
      '--import',
      'tsx',
      '--input-type=module',
    ];
    const output = execFileSync('unshare', ['-m', 'sh', '-ec', script, 'sh', ...command, '-e', open, root], {
      encoding: 'utf8',
      cwd: fileURLToPath(new URL('..', import.meta.url)),
    });
    expect(output.trim()).toBe('UNSUPPORTED');
  });

  test('a change that leaves size and times as they were is seen, where times come in steps', () => {
    // Other file systems tell changes of one instant apart since Linux 6.13; this one does not.
    const script = `mount -t ramfs none "$1/workspace"; shift; exec "$@"`;
    const output = execFileSync(
      'unshare',
      ['-m', 'sh', '-ec', script, 'sh', root, ...node.slice(0, -1), overtakenFile, root],
      { encoding: 'utf8' },
    );
    expect(JSON.parse(output)).toEqual({
      'writeFile of 4': Array<string>(20).fill('STALE'),
      'editFile of 4': Array<string>(20).fill('STALE'),
      'writeFile of 300000': Array<string>(5).fill('STALE'),
      'editFile of 300000': Array<string>(5).fill('STALE'),
    });
  });

  test('an overlay file system works', () => {
    const { containment, outcomes } = withMounts(
      `mount -t tmpfs none "$TOP/outside"; mkdir "$TOP/outside/up" "$TOP/outside/work"
       mount -t overlay overlay -o "lowerdir=$TOP/agent,upperdir=$TOP/outside/up,workdir=$TOP/outside/work" "$TOP/agent"`,
      [
        ['readFile', 'd/a.txt'],
        ['writeFile', 'd/a.txt', 'changed'],
        ['readFile', 'd/a.txt'],
        ['move', 'd/a.txt', 'e/f/a.txt'],
        ['move', 'e/f', 'g'],
        ['remove', 'd', { recursive: true }],
        ['glob', '**'],
      ],
    );
    expect(containment).toBe('kernel');
    expect(outcomes).toEqual([
      'inside',
      'workspace/d/a.txt',
      'changed',
      'workspace/e/f/a.txt',
      'workspace/g',
      null,
      ['workspace/g/a.txt'],
    ]);
  });
});

describe('users and filters', () => {
  const asRoot = requires('linux', 'root');
  const bwrap = requires('linux', 'bwrap');
  const steps = [
    ['readFile', 'd/a.txt'],
    ['writeFile', 'd/new.txt', 'x'],
    ['readFile', 'd/closed'],
    ['remove', 'd', { recursive: true }],
  ];

  asRoot.test('a process that gave up root works as the ordinary user that it became', () => {
    for (const name of [top, root, join(root, 'workspace')]) chmodSync(name, 0o755);
    chownSync(join(root, 'workspace/d'), NOBODY, NOBODY);
    writeFileSync(join(root, 'workspace/d/closed'), 'x', { mode: 0o600 });
    const output = execFileSync(node[0], [...node.slice(1), root, String(NOBODY), JSON.stringify(steps)], {
      encoding: 'utf8',
    });
    expect(last(output)).toMatchObject({
      containment: 'kernel',
      uid: NOBODY,
      outcomes: ['inside', 'workspace/d/new.txt', 'PERMISSION', 'PERMISSION'],
    });
  });

  bwrap.test('nothing is lost where a filter answers openat2 with ENOSYS', () => {
    const filter = join(top, 'filter.bpf');
    writeFileSync(filter, refuse(437, 38));
    const fd = openSync(filter, 'r');
    try {
      const output = execFileSync(
        'bwrap',
        [
          '--dev-bind',
          '/',
          '/',
          '--proc',
          '/proc',
          '--seccomp',
          '3',
          '--',
          ...node,
          root,
          '',
          JSON.stringify(steps.slice(0, 2)),
        ],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit', fd] },
      );
      expect(last(output)).toMatchObject({
        containment: 'kernel',
        seccomp: '2',
        outcomes: ['inside', 'workspace/d/new.txt'],
      });
    } finally {
      closeSync(fd);
    }
  });
});

/** A filter program (seccomp(2)) that answers one system call with an errno and admits the rest. */
function refuse(call: number, errno: number): Buffer {
  const program: readonly (readonly [code: number, jt: number, jf: number, k: number])[] = [
    [0x20, 0, 0, 0],
    [0x15, 0, 1, call],
    [0x06, 0, 0, 0x00050000 | errno],
    [0x06, 0, 0, 0x7fff0000],
  ];
  return Buffer.concat(
    program.map(([code, jt, jf, k]) => {
      const instruction = Buffer.alloc(8);
      instruction.writeUInt16LE(code, 0);
      instruction.writeUInt8(jt, 2);
      instruction.writeUInt8(jf, 3);
      instruction.writeUInt32LE(k, 4);
      return instruction;
    }),
  );
}
