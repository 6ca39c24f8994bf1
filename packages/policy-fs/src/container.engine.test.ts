import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { TEST_LABEL, testImage } from '../../../tools/host/test-image.js';
import type { HostProbe } from './testing/host-probe.js';

// Of this repository everything that the probe imports, at the same path inside as outside.
const repository = fileURLToPath(new URL('../../..', import.meta.url));
const probeFile = fileURLToPath(new URL('testing/host-probe.ts', import.meta.url));
const ORDINARY = 10_001;
const ENOSYS = 38;

const { describe, test } = requires('linux', 'root', 'docker', 'cc');

let image = '';
let tools = '';
let top = '';
let workspace = '';

/** Starts a container with `/agent` on its overlay, as the engine makes one, and gives what it prints. */
function inContainer(options: readonly string[], command: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(
    'docker',
    [
      ...['run', '--rm', '--network', 'none', '--label', `${TEST_LABEL}=policy-fs`],
      ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--tmpfs', '/tmp'],
      ...['--security-opt', `seccomp=${join(tools, 'seccomp.json')}`],
      ...['--volume', `${repository}:${repository}:ro`, '--volume', `${tools}:/tools:ro`],
      ...options,
      image,
      ...command,
    ],
    { encoding: 'utf8', timeout: 120_000 },
  );
  if (status !== 0) throw new Error(`the container ended with ${status}: ${stderr}`);
  return stdout;
}

function probe(options: readonly string[], root: string, steps: readonly unknown[]): HostProbe {
  const output = inContainer(
    [...options, '--workdir', repository],
    ['node', '--conditions=@clawforce/source', '--import', 'tsx', probeFile, root, '', JSON.stringify(steps)],
  );
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as HostProbe;
}

const READ_ONLY_ROOT = ['--read-only'];
const mounted = (): string[] => ['--volume', `${workspace}:/agent/workspace`];

describe('inside a container of a real engine', () => {
  beforeAll(async () => {
    image = await testImage();
    tools = realpathSync(mkdtempSync(join(tmpdir(), 'cf-container-tools-')));
    writeFileSync(
      join(tools, 'seccomp.json'),
      JSON.stringify({
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['openat2'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS }],
      }),
    );
    writeFileSync(
      join(tools, 'openat2.c'),
      `#include <errno.h>
       #include <stdio.h>
       #include <sys/syscall.h>
       #include <unistd.h>
       int main(void) {
         unsigned long long how[3] = {0, 0, 0};
         printf("%d", syscall(437, -100, "/", how, sizeof how) < 0 ? errno : 0);
       }`,
    );
    execFileSync('cc', ['-static', '-o', join(tools, 'openat2'), join(tools, 'openat2.c')]);
  }, 300_000);
  afterAll(() => rmSync(tools, { recursive: true, force: true }));

  beforeEach(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'cf-container-')));
    workspace = join(top, 'workspace');
    mkdirSync(join(workspace, 'd'), { recursive: true });
    writeFileSync(join(workspace, 'd/a.txt'), 'inside');
  });
  afterEach(() => rmSync(top, { recursive: true, force: true }));

  test('openat2 is blocked there, and here it is not', () => {
    expect(inContainer(READ_ONLY_ROOT, ['/tools/openat2'])).toBe(String(ENOSYS));
    expect(execFileSync(join(tools, 'openat2'), { encoding: 'utf8' })).toBe('0');
  });

  for (const [who, uid] of [
    ['root', 0],
    ['an ordinary user', ORDINARY],
  ] as const) {
    test(`a workspace mounted over a read-only overlay works as ${who}`, () => {
      for (const name of ['', 'd', 'd/a.txt']) chownSync(join(workspace, name), uid, uid);
      chmodSync(top, 0o755);
      symlinkSync('/etc', join(workspace, 'out'));
      symlinkSync('../../etc/passwd', join(workspace, 'above'));
      const {
        containment,
        uid: seen,
        seccomp,
        outcomes,
      } = probe([...READ_ONLY_ROOT, ...mounted(), '--user', `${uid}:${uid}`], '/agent', [
        ['readFile', 'd/a.txt'],
        ['writeFile', 'd/a.txt', 'changed'],
        ['writeFile', 'new/deep.txt', 'x'],
        ['move', 'new', 'moved'],
        ['mkdir', 'e/f'],
        ['glob', '**'],
        ['readFile', 'out/passwd'],
        ['readFile', 'above'],
        ['writeFile', 'out/x', 'x'],
        ['writeFile', 'profiles/x', 'x'],
        ['readFile', '.config/agent.json'],
        ['remove', 'e', { recursive: true }],
      ]);
      expect({ containment, seen, seccomp }).toEqual({ containment: 'kernel', seen: uid, seccomp: '2' });
      expect(outcomes).toEqual([
        'inside',
        'workspace/d/a.txt',
        'workspace/new/deep.txt',
        'workspace/moved',
        true,
        ['workspace/above', 'workspace/d/a.txt', 'workspace/moved/deep.txt', 'workspace/out'],
        'ESCAPE',
        'ESCAPE',
        'ESCAPE',
        'READ_ONLY',
        'HIDDEN',
        null,
      ]);
      expect(readFileSync(join(workspace, 'd/a.txt'), 'utf8')).toBe('changed');
      expect(readdirSync(workspace).sort()).toEqual(['above', 'd', 'moved', 'out']);
    });
  }

  test('what the engine mounts inside the workspace is not entered', () => {
    mkdirSync(join(top, 'outside'));
    writeFileSync(join(top, 'outside/secret'), 'OUTSIDE');
    const { outcomes } = probe(
      [...READ_ONLY_ROOT, ...mounted(), '--volume', `${join(top, 'outside')}:/agent/workspace/m`],
      '/agent',
      [
        ['readFile', 'm/secret'],
        ['writeFile', 'm/new', 'x'],
        ['remove', 'm', { recursive: true }],
        ['move', 'd/a.txt', 'm/a.txt'],
        ['glob', '**'],
      ],
    );
    expect(outcomes).toEqual([...Array<string>(4).fill('CROSS_MOUNT'), ['workspace/d/a.txt']]);
    expect(readdirSync(join(top, 'outside'))).toEqual(['secret']);
  });

  test('a workspace on the overlay itself works', () => {
    const output = inContainer(
      ['--workdir', repository],
      [
        'sh',
        '-ec',
        `mkdir -p /agent/workspace/d; echo -n inside >/agent/workspace/d/a.txt; grep -c '^overlay / overlay' /proc/mounts
         exec node --conditions=@clawforce/source --import tsx "$0" /agent "" "$1"`,
        probeFile,
        JSON.stringify([
          ['readFile', 'd/a.txt'],
          ['writeFile', 'd/a.txt', 'changed'],
          ['move', 'd', 'e'],
          ['readFile', 'e/a.txt'],
          ['remove', 'e', { recursive: true }],
          ['glob', '**'],
        ]),
      ],
    );
    const lines = output.trim().split('\n');
    expect(lines[0]).toBe('1');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      containment: 'kernel',
      outcomes: ['inside', 'workspace/d/a.txt', 'workspace/e', 'changed', null, []],
    });
  });
});
