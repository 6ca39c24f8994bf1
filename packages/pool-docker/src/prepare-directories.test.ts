import { execFile } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, renameSync, statSync, symlinkSync } from 'node:fs';
import type * as promises from 'node:fs/promises';
import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, vi } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { prepareDirectories } from './prepare-directories.js';
import { zoneDirectories } from './worker-mounts.js';
import { walkTree } from './walk-tree.js';

/** Hears of each path that has just been looked at or opened, before anything is done to it. */
const moment = vi.hoisted(() => ({ looked: undefined as ((path: unknown) => void) | undefined }));
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof promises>();
  const heard =
    <A extends unknown[], R>(look: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const found = await look(...args);
      moment.looked?.(args[0]);
      return found;
    };
  return { ...real, lstat: heard(real.lstat as never), open: heard(real.open) };
});

const run = promisify(execFile);
const USER = { uid: 200_011, gid: 200_011 };

requires('root').test(
  'an agent leaves a tree deeper than the longest path: the next start owns all of it, and links stay what they are',
  async () => {
    const agentRoot = await realpath(await mkdtemp(join(tmpdir(), 'owned-')));
    try {
      mkdirSync(join(agentRoot, 'workspace'));
      const program = `
        for (let level = 0; level < 30; level += 1) {
          fs.mkdirSync('d'.repeat(200));
          fs.symlinkSync('/etc/passwd', 'link');
          process.chdir('d'.repeat(200));
        }
        fs.writeFileSync('tool', 'x', { mode: 0o755 });
        fs.chmodSync('tool', 0o4755);`;
      await run(process.execPath, ['-e', program], { cwd: join(agentRoot, 'workspace') });
      chownSync(agentRoot, 0, 0);
      await prepareDirectories({ agentRoot }, USER, true);
      const owners = new Set<bigint>();
      let entries = 0;
      await walkTree(join(agentRoot, 'workspace'), {
        changing: false,
        visit: (_path, found) => {
          entries += 1;
          owners.add(found.uid);
          if (found.isFile()) expect(found.mode & 0o7000n).toBe(0n);
        },
      });
      expect([entries, [...owners]]).toEqual([62, [BigInt(USER.uid)]]);
      const { stdout } = await run('stat', ['-c', '%u', '/etc/passwd']);
      expect(stdout.trim()).toBe('0');
    } finally {
      await run('rm', ['-rf', agentRoot]);
    }
  },
);

requires('root').test(
  'a control plane that is not root says whose a zone is that root has closed, and takes one that it may read',
  async () => {
    const agentRoot = await realpath(await mkdtemp(join(tmpdir(), 'foreign-')));
    const state = join(agentRoot, '.state');
    mkdirSync(state, { mode: 0o700 });
    const self = vi.spyOn(process, 'getuid').mockReturnValue(USER.uid);
    try {
      for (const path of zoneDirectories(agentRoot)) {
        mkdirSync(path, { recursive: true });
        if (path !== state) chownSync(path, USER.uid, USER.gid);
      }
      await expect(prepareDirectories({ agentRoot }, USER, false)).rejects.toMatchObject({
        code: 'START_FAILED',
        message: expect.stringContaining('belongs to uid 0'),
        fix: expect.stringContaining(`sudo chown -R ${USER.uid}`),
      });
      chmodSync(state, 0o755);
      await prepareDirectories({ agentRoot }, USER, false);
      expect(statSync(state).mode & 0o777).toBe(0o755);
    } finally {
      self.mockRestore();
      await run('rm', ['-rf', agentRoot]);
    }
  },
);

requires('linux').test(
  'opens a zone that was closed, and a link that takes its place meanwhile leads nowhere',
  async () => {
    const base = await realpath(await mkdtemp(join(tmpdir(), 'raced-')));
    const [agentRoot, elsewhere, moved] = ['agent', 'elsewhere', 'moved'].map((name) => join(base, name)) as [
      string,
      string,
      string,
    ];
    const workspace = join(agentRoot, 'workspace');
    const mode = (path: string): number => statSync(path).mode & 0o777;
    mkdirSync(workspace, { recursive: true });
    mkdirSync(elsewhere);
    chmodSync(workspace, 0);
    chmodSync(elsewhere, 0o050);
    let swaps = 0;
    moment.looked = (path) => {
      if (path !== workspace || swaps > 0) return;
      swaps += 1;
      renameSync(workspace, moved);
      symlinkSync(elsewhere, workspace);
    };
    try {
      await prepareDirectories({ agentRoot }, USER, false);
      expect([swaps, mode(elsewhere).toString(8), mode(moved).toString(8)]).toEqual([1, '50', '700']);
      await expect(prepareDirectories({ agentRoot }, USER, false)).rejects.toMatchObject({
        code: 'SPEC_INVALID',
        message: expect.stringContaining('is not a directory'),
      });
      expect(mode(elsewhere)).toBe(0o050);
    } finally {
      moment.looked = undefined;
      await run('rm', ['-rf', base]);
    }
  },
);
