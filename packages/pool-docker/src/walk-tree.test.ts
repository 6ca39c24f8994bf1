import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, realpath, symlink, truncate, writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { asNobody } from './testing/as-nobody.js';
import { diskUsage } from './disk-usage.js';
import { walkTree } from './walk-tree.js';

const run = promisify(execFile);
const MIB = 1024 ** 2;
let root: string;

/** Makes a chain of directories with a file at its end, as a program inside a worker can: step by step. */
async function dig(depth: number, nameLength: number, siblings = 0): Promise<void> {
  const program = `
    const name = 'd'.repeat(${nameLength});
    for (let level = 0; level < ${depth}; level += 1) {
      for (let beside = 0; beside < ${siblings}; beside += 1) fs.mkdirSync('s' + beside);
      fs.mkdirSync(name);
      process.chdir(name);
    }
    fs.writeFileSync('hidden', Buffer.alloc(${2 * MIB}, 1));`;
  await run(process.execPath, ['-e', program], { cwd: root });
}
const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'walk-')));
});
// Node itself cannot remove what is deeper than the longest path.
afterEach(() => run('rm', ['-rf', root]));

// Other systems admit no names that are not UTF-8, and list no descriptors below /proc.
requires('linux').describe('the walk over a tree', () => {
  it.each([
    [40, 250],
    [1100, 4],
  ])('finds what somebody hides %i directories deep, in names of %i', async (depth, length) => {
    await dig(depth, length);
    const before = openDescriptors();
    expect((await diskUsage([root])).bytes).toBeGreaterThanOrEqual(2 * MIB);
    expect(openDescriptors()).toBe(before);
  });

  it('finds what is behind names that are no text', async () => {
    const odd = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe])]);
    await mkdir(odd);
    await writeFile(Buffer.concat([odd, Buffer.from('/file')]), Buffer.alloc(MIB, 1));
    expect((await diskUsage([root])).bytes).toBeGreaterThanOrEqual(MIB);
  });

  it('gives up on a tree that no honest program makes, and keeps no descriptor', async () => {
    // What is beside the way down keeps a descriptor of every stretch of it open.
    await dig(120, 250, 4);
    const before = openDescriptors();
    const walk = { changing: true, maxDescriptors: 3, visit: () => undefined };
    await expect(walkTree(root, walk)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(openDescriptors()).toBe(before);
  });

  it('counts blocks, a file with two names once, and nothing behind a link', async () => {
    await writeFile(join(root, 'sparse'), '');
    await truncate(join(root, 'sparse'), 1024 ** 4);
    await symlink('/usr', join(root, 'link'));
    await writeFile(join(root, 'one'), Buffer.alloc(MIB, 1));
    await run('ln', [join(root, 'one'), join(root, 'two')]);
    const { bytes: used } = await diskUsage([root]);
    expect(used).toBeGreaterThanOrEqual(MIB);
    expect(used).toBeLessThan(2 * MIB);
  });

  it.each([0o000, 0o400, 0o100])(
    'tells of what somebody closes with the mode %o, and fails on it where nobody hears of it',
    async (mode) => {
      const closed = join(root, 'closed');
      await mkdir(closed);
      await writeFile(join(closed, 'hidden'), Buffer.alloc(2 * MIB, 1));
      expect(await diskUsage([root])).toMatchObject({ closed: 0 });
      await chmod(closed, mode);
      await asNobody([root, closed], async () => {
        const use = await diskUsage([root]);
        expect(use.bytes).toBeLessThan(MIB);
        expect(use.closed).toBeGreaterThan(0);
        await expect(walkTree(root, { changing: true, visit: () => undefined })).rejects.toThrow(/EACCES/);
      });
      // An ordinary user could not remove it either.
      await chmod(closed, 0o700);
    },
  );

  it('fails on what is not there unless the tree may change meanwhile', async () => {
    const gone = join(root, 'gone');
    expect(await diskUsage([gone])).toEqual({ bytes: 0, closed: 0 });
    await expect(walkTree(gone, { changing: false, visit: () => undefined })).rejects.toThrow(/ENOENT/);
  });
});
