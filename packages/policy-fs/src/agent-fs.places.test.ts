import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentFS } from './index.js';
import { codeOf, failure, scratchAgent, type ScratchAgent } from './testing/scratch-agent.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let agent: ScratchAgent;
beforeEach(() => {
  agent = scratchAgent();
});
afterEach(() => agent.remove());

describe('listing and searching', () => {
  test('gives sorted pages that continue where they stopped', async () => {
    const fs = await agent.open();
    for (const name of ['c', 'a', 'B', 'd']) await fs.writeFile(name, name);
    const first = await fs.listDir('.', { limit: 1 }).then(() => fs.listDir('workspace', { limit: 3 }));
    expect(first.map(({ name }) => name)).toEqual(['B', 'a', 'c']);
    const rest = await fs.listDirPage('workspace', { limit: 3, cursor: first.nextCursor ?? '' });
    expect(rest.entries.map(({ name }) => name)).toEqual(['d']);
    expect(rest.nextCursor).toBeUndefined();
    expect(await codeOf(fs.listDir('workspace', { cursor: '../..' }))).toBe('INVALID_PATH');
  });

  test('the agent root lists visible zones only', async () => {
    const fs = await agent.open();
    writeFileSync(join(agent.root, 'stray.txt'), 'x');
    expect((await fs.listDir('.')).map(({ name }) => name)).toEqual(['profiles', 'workspace']);
    expect((await fs.tree('.')).map(({ path }) => path)).toEqual(['profiles', 'workspace']);
  });

  test('a zone that was taken away is shown empty, and the others are there', async () => {
    const fs = await agent.open();
    await fs.writeFile('a.txt', 'x');
    rmSync(join(agent.root, 'profiles'), { recursive: true });
    symlinkSync('.config', join(agent.root, 'profiles'));
    expect((await fs.tree('.')).map(({ path, children }) => [path, children?.length])).toEqual([
      ['workspace', 1],
    ]);
  });

  test('the alternatives of a pattern mean the zones that they name', async () => {
    const fs = await agent.open();
    await fs.writeFile('src/x.ts', '');
    await fs.writeFile('profiles.ts', '');
    expect(await fs.glob('{profiles}/*')).toEqual(['profiles/p.md']);
    expect(await fs.glob('{profiles,profiles/sub}/*.md')).toEqual(['profiles/p.md']);
    expect(await fs.glob('{workspace/src,src}/*')).toEqual(['workspace/src/x.ts']);
    expect(await fs.glob('{,src/}*.ts')).toEqual(['workspace/profiles.ts', 'workspace/src/x.ts']);
    expect(await codeOf(fs.glob('{profiles,src}/*'))).toBe('INVALID_PATH');
    expect(await codeOf(fs.glob('{.config,src}/*'))).toBe('HIDDEN');
    expect(await codeOf(fs.glob('{/etc,src}/*'))).toBe('ABSOLUTE_PATH');
    expect(await codeOf(fs.glob('src/{a,..}/*'))).toBe('PATH_TRAVERSAL');
    expect(await codeOf(fs.glob('x'.repeat(250).concat('/').repeat(5)))).toBe('INVALID_PATH');
    expect(fs.check('glob', '{profiles,src}/*').effect).toBe('deny');
  });

  test('a pattern below a missing directory matches nothing, however deep', async () => {
    const fs = await agent.open();
    await fs.writeFile('file', '');
    for (const pattern of ['nope/*', 'nope/deeper/*', 'file/*', 'file/x/*']) {
      expect(await fs.glob(pattern)).toEqual([]);
    }
  });

  test('lines that are found do not keep their files in memory', async () => {
    const fs = await agent.open();
    // Sparse: each costs nothing on disk and would hold two megabytes.
    for (let file = 0; file < 40; file += 1) {
      writeFileSync(
        agent.inWorkspace(`f${file}`),
        `${'x'.repeat(8_192)}\nneedle ${file} ${'z'.repeat(60)}\n`,
      );
      truncateSync(agent.inWorkspace(`f${file}`), 2 * 1024 * 1024);
    }
    collect();
    const before = process.memoryUsage().heapUsed;
    const found = await fs.grep('needle');
    collect();
    expect(found).toHaveLength(40);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20 * 1024 * 1024);
    expect(found[7]?.text).toMatch(/^needle \d+ z{60}$/);
  });

  test('a long text that nearly matches everywhere takes no long search', async () => {
    const fs = await agent.open();
    await fs.writeFile('line', 'a'.repeat(2_000_000));
    const wanted = `${'a'.repeat(10_000)}b${'a'.repeat(10_000)}`;
    const used = process.cpuUsage();
    expect(await fs.grep(wanted)).toEqual([]);
    expect(await fs.grep(wanted.toUpperCase(), { ignoreCase: true })).toEqual([]);
    // Comparing again at every place takes more than a minute.
    expect(process.cpuUsage(used).user).toBeLessThan(10_000_000);
  });

  test('a search gives no more text than a bound, and says so', async () => {
    const fs = await agent.open();
    const line = 'y'.repeat(499);
    const text = `${line}\n`.repeat(4_000);
    for (let file = 0; file < 10; file += 1) await fs.writeFile(`f${file}`, text);
    const found = await fs.grep('y', { limit: 1_000_000 });
    expect(found.truncated).toBe(true);
    expect(found.length).toBeGreaterThan(30_000);
    expect(found.length).toBeLessThan(34_000);
  });

  test('limits hold for the agent root as a whole', async () => {
    const fs = await agent.open();
    writeFileSync(join(agent.root, 'profiles', 'p.md'), 'x');
    await fs.writeFile('a.txt', 'x');
    const first = await fs.listDirPage('.', { limit: 1 });
    expect(first.entries.map(({ name }) => name)).toEqual(['profiles']);
    const second = await fs.listDirPage('.', { limit: 1, cursor: first.nextCursor ?? '' });
    expect(second).toEqual({ entries: [expect.objectContaining({ name: 'workspace' })] });
    const whole = await fs.tree('.', { limit: 4 });
    expect(whole.truncated).toBeUndefined();
    expect(whole.map(({ children }) => children?.map(({ path }) => path))).toEqual([
      ['profiles/p.md'],
      ['workspace/a.txt'],
    ]);
    const cut = await fs.tree('.', { limit: 3 });
    expect(cut.truncated).toBe(true);
    expect(cut.map(({ children }) => children?.length)).toEqual([1, 0]);
    expect((await fs.tree('.', { maxDepth: 1 })).map((zone) => 'children' in zone)).toEqual([false, false]);
  });

  test('gives a tree with depth, limit and gitignore rules, without following links', async () => {
    const fs = await agent.open();
    await fs.writeFile('src/a.ts', 'aa');
    await fs.writeFile('src/deep/b.ts', 'b');
    await fs.writeFile('node_modules/x/index.js', '');
    await fs.writeFile('.gitignore', 'node_modules/\n*.log\n');
    await fs.writeFile('src/.gitignore', '!keep.log\n');
    await fs.writeFile('src/keep.log', '');
    await fs.writeFile('other.log', '');
    symlinkSync('src', agent.inWorkspace('link'));
    const flat = (nodes: readonly { path: string; children?: readonly unknown[] }[]): string[] =>
      nodes.flatMap((node) => [node.path, ...flat((node.children ?? []) as never)]);
    expect(flat(await fs.tree('workspace', { gitignore: true }))).toEqual([
      'workspace/.gitignore',
      'workspace/link',
      'workspace/src',
      'workspace/src/.gitignore',
      'workspace/src/a.ts',
      'workspace/src/deep',
      'workspace/src/deep/b.ts',
      'workspace/src/keep.log',
    ]);
    expect(flat(await fs.tree('src', { maxDepth: 1 }))).not.toContain('workspace/src/deep/b.ts');
    expect((await fs.tree('workspace', { limit: 3 })).truncated).toBe(true);
  });

  test('finds paths and lines', async () => {
    const fs = await agent.open();
    await fs.writeFile('src/a.ts', 'import x\r\nneedle (a+)+ here\n');
    await fs.writeFile('src/b.md', 'Needle');
    await fs.writeFile('bin', Buffer.from('needle\0'));
    expect(await fs.glob('**/*.ts')).toEqual(['workspace/src/a.ts']);
    expect(await fs.glob('profiles/*')).toEqual(['profiles/p.md']);
    expect(await fs.glob('missing/*')).toEqual([]);
    expect(await codeOf(fs.glob('.config/*'))).toBe('HIDDEN');
    expect(await codeOf(fs.glob('{..,a}/*'))).toBe('PATH_TRAVERSAL');
    expect(await fs.grep('(a+)+')).toEqual([
      { path: 'workspace/src/a.ts', line: 2, text: 'needle (a+)+ here' },
    ]);
    expect(await fs.grep('NEEDLE', { ignoreCase: true, path: 'src' })).toHaveLength(2);
    expect(await fs.grep(/^n/g, { path: 'src/a.ts' })).toHaveLength(1);
    const cut = await fs.grep('e', { limit: 1 });
    expect([cut.length, cut.truncated]).toEqual([1, true]);
  });

  test('tells what a path means', async () => {
    const fs = await agent.open();
    await fs.writeFile('a.txt', 'abc');
    symlinkSync('a.txt', agent.inWorkspace('l'));
    expect(await fs.stat('l')).toMatchObject({ path: 'workspace/a.txt', type: 'file', size: 3, mode: 0o600 });
    expect(await fs.stat('profiles')).toMatchObject({ path: 'profiles', type: 'directory' });
    expect(await codeOf(fs.stat('nope'))).toBe('NOT_FOUND');
  });
});

describe('names', () => {
  test('a directory that is not empty is removed only recursively, and links in it are not followed', async () => {
    const fs = await agent.open();
    await fs.writeFile('d/e/f', 'x');
    symlinkSync(join(agent.root, 'profiles'), agent.inWorkspace('d/e/l'));
    expect(await codeOf(fs.remove('d'))).toBe('IS_A_DIRECTORY');
    await fs.remove('d', { recursive: true });
    expect(readdirSync(agent.inWorkspace('.'))).toEqual([]);
    expect(readdirSync(join(agent.root, 'profiles'))).toEqual(['p.md']);
  });

  test('renames and moves files, links and directories, and replaces nothing', async () => {
    const fs = await agent.open();
    await fs.writeFile('a', 'a');
    await fs.writeFile('d/x', 'x');
    expect(await fs.rename('a', 'b')).toBe('workspace/b');
    expect(await fs.move('b', 'new/c')).toBe('workspace/new/c');
    expect(await fs.move('d', 'new/d')).toBe('workspace/new/d');
    expect(await codeOf(fs.move('new/c', 'new/d'))).toBe('EXISTS');
    expect(await codeOf(fs.move('new', 'new/d/e'))).toBe('INVALID_PATH');
    expect(await codeOf(fs.move('new/c', 'profiles/c'))).toBe('READ_ONLY');
    expect(await codeOf(fs.rename('new/c', '../c'))).toBe('INVALID_NAME');
    expect(await fs.mkdir('new/d')).toBe(false);
    expect(await fs.mkdir('m/n')).toBe(true);
  });
});

describe('zones', () => {
  test('an attacker who asks whether a hidden file exists gets the same answer either way', async () => {
    const fs = await agent.open();
    symlinkSync('../.config/agent.json', agent.inWorkspace('there'));
    symlinkSync('../.config/nothing', agent.inWorkspace('not'));
    for (const [first, second] of [
      ['.config/agent.json', '.config/nothing'],
      ['there', 'not'],
    ] as const) {
      const [a, b] = [await failure(fs.readFile(first)), await failure(fs.readFile(second))];
      expect([a.code, a.message, a.cause]).toEqual([b.code, b.message, b.cause]);
      expect(a.decision.effect).toBe('deny');
    }
  });

  test('the control plane makes and writes every zone, with its own modes and owner', async () => {
    const fresh = join(agent.root, 'agents/new');
    const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    const fs = await AgentFS.open(fresh, {
      create: true,
      durable: false,
      owner,
      zones: [
        { name: 'workspace', mode: 'rw', fileMode: 0o640, dirMode: 0o750 },
        { name: '.config', mode: 'rw' },
        { name: '.sessions', mode: 'rw' },
      ],
    });
    await fs.writeFile('.config/agent.json', '{}');
    await fs.appendFile('.sessions/s.jsonl', '{}\n');
    await fs.writeFile('d/a.txt', 'a');
    const mode = (name: string): number => lstatSync(join(fresh, name)).mode & 0o777;
    expect(
      ['workspace', '.config', 'workspace/d', 'workspace/d/a.txt', '.config/agent.json'].map(mode),
    ).toEqual([0o750, 0o700, 0o750, 0o640, 0o600]);
  });

  test('a zone that is replaced is found again, and one that becomes a link is refused', async () => {
    const fs = await agent.open();
    await fs.writeFile('a', 'old');
    renameSync(join(agent.root, 'workspace'), join(agent.root, 'aside'));
    expect(await codeOf(fs.readFile('a'))).toBe('NOT_FOUND');
    mkdirSync(join(agent.root, 'workspace'));
    await fs.writeFile('a', 'new');
    expect(readFileSync(agent.inWorkspace('a'), 'utf8')).toBe('new');
    expect(readFileSync(join(agent.root, 'aside/a'), 'utf8')).toBe('old');
    rmSync(join(agent.root, 'workspace'), { recursive: true });
    symlinkSync('.config', join(agent.root, 'workspace'));
    expect(await codeOf(fs.readFile('agent.json'))).toBe('ESCAPE');
  });

  test('an absolute link means what it says, and is never taken for one from the agent directory', async () => {
    writeFileSync(agent.inWorkspace('a'), 'a');
    const fs = await agent.open();
    for (const [name, target] of Object.entries({
      bare: '/workspace/a',
      near: `${agent.root}-evil/workspace/a`,
      prefix: `${agent.root}workspace/a`,
    })) {
      symlinkSync(target, agent.inWorkspace(name));
      expect(await codeOf(fs.readFile(name)), target).toBe('ESCAPE');
    }
    symlinkSync(join(agent.root, 'workspace/a'), agent.inWorkspace('whole'));
    expect(await fs.readFile('whole')).toBe('a');
  });

  test('links can be refused between zones or altogether', async () => {
    symlinkSync('../profiles/p.md', agent.inWorkspace('other'));
    writeFileSync(agent.inWorkspace('a'), 'a');
    symlinkSync('a', agent.inWorkspace('same'));
    expect(await (await agent.open()).readFile('other')).toBe('profile');
    const within = await agent.open({ links: 'same-zone' });
    expect(await within.readFile('same')).toBe('a');
    expect(await codeOf(within.readFile('other'))).toBe('ESCAPE');
    expect(await codeOf((await agent.open({ links: 'deny' })).readFile('same'))).toBe('ESCAPE');
  });
});
