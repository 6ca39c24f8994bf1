import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { AgentFS, type Owner } from './index.js';
import { codeOf, failure, scratchAgent, type ScratchAgent } from './testing/scratch-agent.js';
import { runProbe } from './testing/run-probe.js';

let agent: ScratchAgent;
beforeEach(() => {
  agent = scratchAgent();
});
afterEach(() => agent.remove());

const { test } = requires('linux');
const asRoot = requires('linux', 'root');

/** A path in the workspace whose last name is no UTF-8. */
const bytesAt = (directory: string, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${agent.inWorkspace(directory)}/`), bytes]);

describe('long and deep paths', () => {
  test('a file is written below as many missing directories as a path may have', async () => {
    const fs = await agent.open();
    const path = `${Array(127).fill('d').join('/')}/file`;
    expect(await fs.writeFile(path, 'deep')).toMatchObject({ created: true });
    expect(await fs.readFile(path)).toBe('deep');
    expect(await fs.mkdir(Array(128).fill('e').join('/'))).toBe(true);
  });

  test('every path that is admitted works, also where the absolute path is longer than the kernel can tell', async () => {
    const top = realpathSync(mkdtempSync(join(tmpdir(), 'cf-long-')));
    const root = join(top, ...Array<string>(4).fill('r'.repeat(200)));
    mkdirSync(join(root, 'workspace'), { recursive: true });
    const fs = await AgentFS.open(root, { durable: false });
    try {
      const directory = Array<string>(15).fill('d'.repeat(235)).join('/');
      const file = `${directory}/file`;
      expect(root.length + file.length).toBeGreaterThan(4096);
      await fs.writeFile(file, 'far');
      expect(await fs.readFile(file)).toBe('far');
      await fs.appendFile(file, ' away');
      await fs.editFile(file, 'far', 'very far');
      expect(await fs.stat(file)).toMatchObject({ size: 13 });
      expect(await fs.rename(file, 'other')).toBe(`workspace/${directory}/other`);
      expect((await fs.listDir(directory)).map(({ name }) => name)).toEqual(['other']);
      await fs.remove('d'.repeat(235), { recursive: true });
      expect(readdirSync(join(root, 'workspace'))).toEqual([]);
    } finally {
      await fs.close();
      rmSync(top, { recursive: true, force: true });
    }
  });
});

describe('lists that their owner wants to be incomplete', () => {
  test('pages give every entry once, however their names are spelled', async () => {
    mkdirSync(agent.inWorkspace('d'));
    // Three that are shown alike, and one that is shown with 765 bytes.
    for (const bytes of [[0xff], [0xfe], [0xfd], Array<number>(255).fill(0xfc)]) {
      writeFileSync(bytesAt('d', Buffer.from(bytes)), '');
    }
    for (const name of ['a', '~', '\uFFFD', '\u{1F600}']) writeFileSync(agent.inWorkspace(`d/${name}`), '');
    const fs = await agent.open();
    const all = (await fs.listDir('d')).map(({ name }) => name);
    expect(all).toHaveLength(8);
    const paged: string[] = [];
    for (let cursor: string | undefined, more = true; more;) {
      const page = await fs.listDir('d', { limit: 1, ...(cursor === undefined ? {} : { cursor }) });
      paged.push(...page.map(({ name }) => name));
      cursor = page.nextCursor;
      more = cursor !== undefined && paged.length < 20;
    }
    expect(paged).toEqual(all);
  });

  test('a name like that of a temporary file protects nothing from being read and removed', async () => {
    const name = '.clawforce-tmp-1-1-1-0123456789abcdef';
    mkdirSync(agent.inWorkspace(name));
    writeFileSync(agent.inWorkspace(`${name}/stash`), 'stash');
    const fs = await agent.open();
    expect(await fs.readFile(`${name}/stash`)).toBe('stash');
    expect((await failure(fs.writeFile(`${name}x/../${name}`, 'x'))).code).toBe('PATH_TRAVERSAL');
    await fs.remove(name, { recursive: true });
    expect((await failure(fs.writeFile(name, 'x'))).decision.rule).toBe('fs.name.reserved');
    expect(readdirSync(agent.inWorkspace('.'))).toEqual([]);
  });

  asRoot.test('a directory that is closed to its owner hides no other from search, sweep and quota', () => {
    const home = agent.inWorkspace('.');
    for (const name of ['closed', 'listable', 'open']) mkdirSync(join(home, name));
    for (const name of ['closed/big', 'listable/big']) writeFileSync(join(home, name), 'x'.repeat(900));
    writeFileSync(join(home, 'open/needle'), 'needle');
    const left = join(home, 'open/.clawforce-tmp-1-1-1-0123456789abcdef');
    writeFileSync(left, 'left over');
    execFileSync('sh', [
      '-ec',
      'touch -d 1970-01-02 "$3"; chmod 755 "$1"; chown -R 65534:65534 "$2"; chmod 0 "$2/closed"; chmod 400 "$2/listable"',
      'sh',
      agent.root,
      home,
      left,
    ]);
    const steps = [
      ['glob', '**'],
      ['grep', 'needle'],
      ['tree'],
      ['writeFile', 'new', 'x'],
      ['remove', 'closed', { recursive: true }],
      ['writeFile', 'new', 'x'],
      ['remove', 'listable', { recursive: true }],
      ['writeFile', 'new', 'x'],
    ];
    const { uid, outcomes } = runProbe(agent.root, steps, { uid: 65534, quota: { bytes: 1000 } });
    expect(uid).toBe(65534);
    const [glob, grep, tree, ...others] = outcomes;
    expect(glob).toContain('workspace/open/needle');
    expect(existsSync(left)).toBe(false);
    expect(grep).toMatchObject([{ path: 'workspace/open/needle', line: 1 }]);
    expect(tree).toMatchObject([
      { name: 'closed' },
      { name: 'listable' },
      { children: [{ name: 'needle' }] },
    ]);
    expect(others).toEqual(['QUOTA', null, 'QUOTA', null, 'workspace/new']);
  });

  asRoot.test('a directory that somebody else keeps closed, such as lost+found, stops no writing', () => {
    const home = agent.inWorkspace('.');
    mkdirSync(join(home, 'lost+found'), { mode: 0o700 });
    execFileSync('chmod', ['755', agent.root]);
    chownSync(home, 65534, 65534);
    const { outcomes } = runProbe(agent.root, [['writeFile', 'new', 'x']], {
      uid: 65534,
      quota: { bytes: 1000 },
    });
    expect(outcomes).toEqual(['workspace/new']);
  });
});

describe('changes that their user may not finish', () => {
  const asNobody = (steps: readonly unknown[], owner?: Owner): readonly unknown[] =>
    runProbe(agent.root, steps, { uid: 65534, ...(owner ? { owner } : {}) }).outcomes;

  beforeEach(() => {
    execFileSync('chmod', ['755', agent.root]);
    chownSync(agent.inWorkspace('.'), 65534, 65534);
  });

  asRoot.test('a file that cannot be taken out of its directory keeps its one name', () => {
    mkdirSync(agent.inWorkspace('ro'));
    writeFileSync(agent.inWorkspace('ro/f'), 'precious');
    execFileSync('sh', ['-ec', 'chown -R 65534:65534 "$1"; chmod 555 "$1"', 'sh', agent.inWorkspace('ro')]);
    const outcomes = asNobody([
      ['move', 'ro/f', 'new/g'],
      ['readFile', 'ro/f'],
    ]);
    expect(outcomes).toEqual(['PERMISSION', 'precious']);
    expect(readdirSync(agent.inWorkspace('.'))).toEqual(['ro']);
  });

  asRoot.test('what cannot be given to its owner is not made', () => {
    const outcomes = asNobody(
      [
        ['appendFile', 'new.log', 'x'],
        ['writeFile', 'new.txt', 'x'],
        ['mkdir', 'new'],
        ['writeFile', 'made/new.txt', 'x'],
      ],
      { uid: 0, gid: 0 },
    );
    expect(outcomes).toEqual(Array<string>(4).fill('PERMISSION'));
    expect(readdirSync(agent.inWorkspace('.'))).toEqual([]);
  });
});

describe('answers that would be larger than their question', () => {
  test('a tree of long names ends where its paths together become too long', async () => {
    const fs = await agent.open();
    const directory = Array<string>(14).fill('d'.repeat(250)).join('/');
    await fs.mkdir(directory);
    for (let n = 0; n < 6_000; n += 1)
      writeFileSync(agent.inWorkspace(`${directory}/${'f'.repeat(200)}${n}`), '');
    const tree = await fs.tree('workspace', { maxDepth: 16 });
    expect(tree.truncated).toBe(true);
    expect(JSON.stringify(tree).length).toBeLessThan(24 * 1024 * 1024);
    const paths = await fs.glob('**');
    expect(paths.truncated).toBe(true);
    expect(paths.length).toBeGreaterThan(4_000);
    expect(paths.join('').length).toBeLessThanOrEqual(16 * 1024 * 1024);
    const { truncated, length } = Object.assign(await fs.glob('**/*1'));
    expect([truncated, length]).toEqual([undefined, 600]);
  });

  test('replacing every letter by much is refused before it is made', async () => {
    const fs = await agent.open();
    await fs.writeFile('letters', 'a'.repeat(4 * 1024 * 1024));
    const before = process.resourceUsage().maxRSS;
    const error = await failure(fs.editFile('letters', 'a', 'b'.repeat(120), { replaceAll: true }));
    expect([error.code, error.decision.reason]).toEqual([
      'TOO_LARGE',
      'Replacing all 4194304 passages would give more than 104857600 bytes.',
    ]);
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(300 * 1024);
    expect(await codeOf(fs.editFile('letters', 'a', 'b'.repeat(1_000_000), { replaceAll: true }))).toBe(
      'TOO_LARGE',
    );
  });

  test('a text is found anywhere in a line, and shown with what is around it', async () => {
    const fs = await agent.open();
    await fs.writeFile('min.js', `${'a'.repeat(20_000)}needle${'b'.repeat(20_000)}`);
    for (const found of [await fs.grep('needle'), await fs.grep('NEEDLE', { ignoreCase: true })]) {
      expect(found).toMatchObject([{ path: 'workspace/min.js', line: 1 }]);
      expect(found[0]?.text).toMatch(/^a{100}needleb{394}$/);
    }
  });
});

describe('rules of what to leave out, written by whom they slow down', () => {
  test('nested files of costly rules take a bounded time for each entry, and simple ones still hold', async () => {
    const fs = await agent.open();
    let directory = 'd';
    for (let level = 0; level < 60; level += 1) {
      await fs.mkdir(directory);
      const costly = Array.from({ length: 500 }, (_, n) => `**/a*/**/a*b${n}`);
      writeFileSync(agent.inWorkspace(`${directory}/.gitignore`), ['left-out', ...costly].join('\n'));
      directory += `/${'a'.repeat(20)}`;
    }
    writeFileSync(agent.inWorkspace('d/left-out'), '');
    const started = performance.now();
    const [top] = await fs.tree('workspace', { gitignore: true, maxDepth: 128 });
    // Unbounded it takes more than a minute.
    expect(performance.now() - started).toBeLessThan(30_000);
    expect(top?.children?.map(({ name }) => name)).toEqual(['.gitignore', 'a'.repeat(20)]);
  }, 120_000);
});
