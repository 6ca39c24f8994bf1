import { execFile } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { prepareDirectories } from './prepare-directories.js';
import { walkTree } from './walk-tree.js';

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
