import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { AgentFS, AgentFSError, type AgentFSErrorCode, type AgentFSOptions } from './index.js';

let root = '';
let home = '';
let opened: AgentFS[] = [];

const open = async (options: AgentFSOptions = {}): Promise<AgentFS> => {
  const fs = await AgentFS.open(root, { durable: false, ...options });
  opened.push(fs);
  return fs;
};

const codeOf = (work: Promise<unknown>): Promise<AgentFSErrorCode | 'done'> =>
  work.then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof AgentFSError) return error.code;
      throw error;
    },
  );

const descriptors = (): number => readdirSync('/proc/self/fd').length;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cf-hostile-'));
  home = join(root, 'workspace');
  mkdirSync(home);
});
afterEach(async () => {
  for (const fs of opened) await fs.close();
  opened = [];
  rmSync(root, { recursive: true, force: true });
});

const linux = requires('linux');

describe('a workspace that its owner made hostile', () => {
  linux.test('no operation opens or waits for a FIFO, whatever it is called', async () => {
    for (const name of ['fifo', '.gitignore', 'd/fifo']) {
      mkdirSync(join(home, 'd'), { recursive: true });
      execFileSync('mkfifo', [join(home, name)]);
    }
    symlinkSync('fifo', join(home, 'link'));
    const fs = await open({ quota: { bytes: 1000, files: 100 } });
    for (const path of ['fifo', 'link', 'd/fifo']) {
      expect(await codeOf(fs.readFile(path))).toBe('SPECIAL_FILE');
      expect(await codeOf(fs.readFileInfo(path))).toBe('SPECIAL_FILE');
      expect(await codeOf(fs.writeFile(path, 'x'))).toBe('SPECIAL_FILE');
      expect(await codeOf(fs.appendFile(path, 'x'))).toBe('SPECIAL_FILE');
      expect(await codeOf(fs.editFile(path, 'a', 'b'))).toBe('SPECIAL_FILE');
      expect(await codeOf(fs.listDir(path))).toBe('NOT_A_DIRECTORY');
      expect(fs.check('readFile', path).rule).toBe('fs.file.special');
    }
    expect((await fs.stat('link')).type).toBe('other');
    expect(await fs.grep('x')).toEqual([]);
    expect((await fs.tree('.', { gitignore: true })).length).toBe(1);
    expect(await codeOf(fs.remove('d', { recursive: true }))).toBe('done');
    expect(await codeOf(fs.move('fifo', 'e/moved'))).toBe('done');
  });

  linux.test(
    'a directory of 100,000 entries is listed in pages, searched and removed',
    async () => {
      mkdirSync(join(home, 'many'));
      for (let n = 0; n < 100_000; n += 1) closeSync(openSync(join(home, 'many', `f${n}`), 'w'));
      const fs = await open();
      const first = await fs.listDir('many', { limit: 100 });
      expect(first.length).toBe(100);
      const second = await fs.listDir('many', { limit: 100, cursor: first.nextCursor ?? '' });
      expect(second[0]?.name).not.toBe(first[99]?.name);
      expect((await fs.glob('many/f9999*')).length).toBe(11);
      await fs.remove('many', { recursive: true });
      expect(existsSync(join(home, 'many'))).toBe(false);
    },
    60_000,
  );

  linux.test('a file that shrinks while it is read gives what is left', async () => {
    const path = join(home, 'shrinks');
    writeFileSync(path, Buffer.alloc(8 * 1024 * 1024, 97));
    const fs = await open();
    const reading = fs.readFile('shrinks', { encoding: 'latin1' });
    const fd = openSync(path, 'r+');
    ftruncateSync(fd, 10);
    closeSync(fd);
    const text = await reading;
    expect(text.length).toBeLessThanOrEqual(8 * 1024 * 1024);
    // The kernel clears what is cut off, so a copy in the same instant may hold zeros.
    expect(text).toMatch(/^a{10}[a\0]*$/);
  });

  linux.test(
    'a tree that is deeper than any path is not followed, but removed, and leaks no descriptor',
    async () => {
      const made = spawnSync('sh', [
        '-c',
        `cd "$1"; n=0; while [ $n -lt 1500 ]; do mkdir d; cd d; n=$((n+1)); done`,
        'sh',
        home,
      ]);
      expect(made.status).toBe(0);
      const fs = await open();
      const before = descriptors();
      expect(await codeOf(fs.tree())).toBe('done');
      expect(await codeOf(fs.grep('x'))).toBe('done');
      expect(await codeOf(fs.readFile(`${'d/'.repeat(127)}d/d/x`))).toBe('TOO_DEEP');
      expect(await codeOf(fs.remove('d', { recursive: true }))).toBe('done');
      expect(readdirSync(home)).toEqual([]);
      expect(descriptors()).toBe(before);
    },
  );

  linux.test('links that loop, grow or dangle end with a code', async () => {
    symlinkSync('loop', join(home, 'loop'));
    symlinkSync('grow/x', join(home, 'grow'));
    symlinkSync('nowhere', join(home, 'dangling'));
    symlinkSync(`${'./'.repeat(2000)}a`, join(home, 'long'));
    const fs = await open();
    expect(await codeOf(fs.readFile('loop'))).toBe('TOO_MANY_LINKS');
    expect(await codeOf(fs.readFile('grow/y'))).toBe('TOO_MANY_LINKS');
    expect(await codeOf(fs.readFile('dangling'))).toBe('NOT_FOUND');
    expect(['NOT_FOUND', 'TOO_DEEP']).toContain(await codeOf(fs.readFile('long')));
  });

  linux.test('operations that succeed leave no descriptor open', async () => {
    const fs = await open({ quota: { bytes: 10_000_000, files: 100 } });
    await fs.writeFile('d/e/large', 'x'.repeat(300_000));
    symlinkSync('d', join(home, 'link'));
    writeFileSync(join(home, '.gitignore'), 'nothing\n');
    const before = descriptors();
    for (let round = 0; round < 10; round += 1) {
      for (const at of ['', 'd/', 'link/e/']) {
        const { etag } = await fs.writeFile(`${at}a`, 'one');
        await fs.writeFile(`${at}a`, 'two', { ifMatch: etag });
        await fs.appendFile(`${at}a`, ' three');
        await fs.editFile(`${at}a`, 'two', 'four');
        await fs.readFile(`${at}a`);
        await fs.readFile('link/e/large', { unit: 'lines', limit: 1 });
        await fs.readFileInfo('d/e/large', { limit: 5 });
        await fs.stat(`${at}a`);
        await fs.mkdir(`${at}m/n`);
        await fs.rename(`${at}a`, 'b');
        await fs.move(`${at}b`, `${at}m/n/b`);
        await fs.listDir(at === '' ? 'workspace' : at);
        await fs.tree('workspace', { gitignore: true });
        await fs.glob('**/*e*');
        await fs.grep('four');
        fs.check('readFile', `${at}m/n/b`);
        await fs.remove(`${at}m`, { recursive: true });
      }
    }
    expect(descriptors()).toBe(before);
  });

  linux.test('errors of every kind leave no descriptor open', async () => {
    writeFileSync(join(home, 'file'), 'x');
    symlinkSync('/etc', join(home, 'out'));
    symlinkSync('loop', join(home, 'loop'));
    const fs = await open();
    await fs.readFile('file');
    const before = descriptors();
    for (let round = 0; round < 50; round += 1) {
      for (const path of ['nope', 'file/x', 'out/passwd', 'loop', '..', 'a/b/c', 'workspace', '.config/x']) {
        await codeOf(fs.readFile(path));
        await codeOf(fs.editFile(path, 'a', 'b'));
        await codeOf(fs.remove(path));
        await codeOf(fs.move(path, 'file'));
        await codeOf(fs.move('file', `${path}/x`));
        await codeOf(fs.listDir(path));
        await codeOf(fs.writeFile(path, 'x', { ifMatch: 'none' }));
        fs.check('writeFile', path);
      }
    }
    expect(descriptors()).toBe(before);
  });
});

const asRoot = requires('linux', 'root', 'mounts');

const FULL_DISK = `
  import { AgentFS } from '@clawforce/policy-fs';
  const fs = await AgentFS.open(process.argv[1]);
  const codes = [];
  const note = (work) => work.then(() => codes.push('done'), (error) => codes.push(error.code ?? String(error)));
  await fs.writeFile('kept.txt', 'kept');
  await note(fs.writeFile('kept.txt', 'x'.repeat(4_000_000)));
  await note(fs.writeFile('new.txt', 'x'.repeat(4_000_000)));
  await note(fs.editFile('kept.txt', 'kept', 'x'.repeat(4_000_000)));
  await note(fs.appendFile('log.txt', 'x'.repeat(4_000_000)));
  await note(fs.appendFile('kept.txt', 'x'.repeat(4_000_000)));
  codes.push(await fs.readFile('kept.txt'));
  codes.push((await fs.listDir('.')).length, (await fs.glob('**')).join());
  console.log(JSON.stringify(codes));
`;

describe('a full disk', () => {
  asRoot.test('gives NO_SPACE, keeps the old content and leaves nothing half-written', () => {
    const output = execFileSync(
      'unshare',
      [
        ...[
          '--mount',
          'sh',
          '-euc',
          'mount -t tmpfs -o size=1m none "$1/workspace"; shift; exec "$@"',
          'sh',
          root,
        ],
        ...[
          process.execPath,
          '--conditions=@clawforce/source',
          '--import',
          'tsx',
          '--input-type=module',
          '-e',
        ],
        ...[FULL_DISK, root],
      ],
      { encoding: 'utf8', cwd: new URL('..', import.meta.url) },
    );
    const [write, create, edit, append, longer, kept, zones, names] = JSON.parse(output) as unknown[];
    expect([write, create, edit, append, longer]).toEqual(Array(5).fill('NO_SPACE'));
    expect(kept).toBe('kept');
    expect(zones).toBe(1);
    // Also of an append nothing stays.
    expect(names).toBe('workspace/kept.txt');
  });
});
