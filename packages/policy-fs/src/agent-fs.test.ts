import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PolicyDeniedError } from '@clawforce/policy-core';
import { AgentFS, AgentFSError, type AgentFSOptions, type AuditEvent } from './index.js';

let root = '';
const opened: AgentFS[] = [];

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'cf-agent-')));
  for (const name of ['workspace', 'profiles', '.config', '.sessions']) mkdirSync(join(root, name));
  writeFileSync(join(root, 'profiles/p.md'), 'profile');
  writeFileSync(join(root, '.config/agent.json'), 'hidden text');
});

afterEach(async () => {
  for (const fs of opened.splice(0)) await fs.close();
  rmSync(root, { recursive: true, force: true });
});

async function open(options: AgentFSOptions = {}): Promise<AgentFS> {
  const fs = await AgentFS.open(root, {
    durable: false,
    allowDetectOnly: process.platform !== 'linux',
    ...options,
  });
  opened.push(fs);
  return fs;
}

async function failure(work: Promise<unknown>): Promise<AgentFSError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AgentFSError)) throw new Error('expected an AgentFSError', { cause: error });
  return error;
}

const codeOf = async (work: Promise<unknown>): Promise<string> => (await failure(work)).code;
const inWorkspace = (name: string): string => join(root, 'workspace', name);

describe('reading', () => {
  test('gives text, bytes, and pieces by bytes and by lines', async () => {
    const fs = await open();
    writeFileSync(inWorkspace('a.txt'), 'one\ntwo\nthree\n');
    expect(await fs.readFile('a.txt')).toBe('one\ntwo\nthree\n');
    expect(await fs.readFile('a.txt', { encoding: 'buffer' })).toEqual(Buffer.from('one\ntwo\nthree\n'));
    expect(await fs.readFile('a.txt', { offset: 4, limit: 3 })).toBe('two');
    expect(await fs.readFile('a.txt', { unit: 'lines', offset: 1, limit: 1 })).toBe('two\n');
    expect(await fs.readFile('a.txt', { unit: 'lines', offset: 9 })).toBe('');
    expect(await fs.readFile('a.txt', { offset: 99 })).toBe('');
  });

  test('leaves out a character that a piece cuts', async () => {
    const fs = await open();
    await fs.writeFile('j.txt', '日本語');
    expect(await fs.readFile('j.txt', { offset: 1, limit: 6 })).toBe('本');
  });

  test('tells size, etag and whether the content was cut', async () => {
    const fs = await open();
    await fs.writeFile('a.txt', 'abcdef');
    const part = await fs.readFileInfo('a.txt', { limit: 2 });
    const whole = await fs.readFileInfo('workspace/a.txt');
    expect(part).toMatchObject({ content: 'ab', size: 6, truncated: true, path: 'workspace/a.txt' });
    expect(whole).toMatchObject({ content: 'abcdef', size: 6, truncated: false, etag: part.etag });
  });

  test('reads files beyond one step and beyond the hashed size', async () => {
    const fs = await open();
    const large = Buffer.alloc(9 * 1024 * 1024, 'line of text\n');
    const { etag } = await fs.writeFile('large.txt', large);
    expect((await fs.readFile('large.txt', { encoding: 'buffer' })).equals(large)).toBe(true);
    expect((await fs.readFileInfo('large.txt', { limit: 1 })).etag).toBe(etag);
    expect(await fs.readFile('large.txt', { unit: 'lines', offset: 600_000, limit: 1 })).toBe(
      'line of text\n',
    );
    await fs.writeFile('large.txt', 'small', { ifMatch: etag });
    expect(await fs.readFile('large.txt')).toBe('small');
  });

  test('refuses more than the limit, binary content and hard links with their own codes', async () => {
    const fs = await open({ maxReadBytes: 10 });
    await fs.writeFile('long.txt', 'x'.repeat(11));
    await fs.writeFile('bin', Buffer.from([1, 0, 2]));
    linkSync(join(root, '.config/agent.json'), inWorkspace('hard'));
    expect(await codeOf(fs.readFile('long.txt'))).toBe('TOO_LARGE');
    expect(await fs.readFile('long.txt', { offset: 5 })).toHaveLength(6);
    expect(await codeOf(fs.readFile('bin'))).toBe('BINARY');
    expect(await fs.readFile('bin', { encoding: 'buffer' })).toEqual(Buffer.from([1, 0, 2]));
    expect(await codeOf(fs.readFile('hard'))).toBe('HARD_LINK');
  });

  test('hard links within the workspace can be admitted, those of hidden files never', async () => {
    const fs = await open({ hardLinks: 'allow' });
    await fs.writeFile('one', 'content');
    linkSync(inWorkspace('one'), inWorkspace('two'));
    linkSync(join(root, '.config/agent.json'), inWorkspace('hard'));
    linkSync(join(root, 'profiles/p.md'), inWorkspace('profile'));
    expect(await fs.readFile('two')).toBe('content');
    expect(await fs.readFile('profile')).toBe('profile');
    expect(await codeOf(fs.writeFile('profile', 'x'))).toBe('HARD_LINK');
    expect(await codeOf(fs.readFile('hard'))).toBe('HARD_LINK');
  });
});

describe('writing', () => {
  test('makes directories, tells what it did, and keeps the mode of an existing file', async () => {
    const fs = await open();
    const result = await fs.writeFile('a/b/c.sh', 'one');
    expect(result).toMatchObject({ path: 'workspace/a/b/c.sh', size: 3, created: true });
    expect(lstatSync(inWorkspace('a/b')).mode & 0o777).toBe(0o700);
    expect(lstatSync(inWorkspace('a/b/c.sh')).mode & 0o777).toBe(0o600);
    chmodSync(inWorkspace('a/b/c.sh'), 0o755);
    expect(await fs.writeFile('a/b/c.sh', 'two')).toMatchObject({ created: false });
    expect(lstatSync(inWorkspace('a/b/c.sh')).mode & 0o777).toBe(0o755);
    expect(readdirSync(inWorkspace('a/b'))).toEqual(['c.sh']);
  });

  test('refuses when the file changed, vanished or exists against the precondition', async () => {
    const fs = await open();
    const { etag } = await fs.writeFile('a.txt', 'one');
    writeFileSync(inWorkspace('a.txt'), 'two');
    expect(await codeOf(fs.writeFile('a.txt', 'three', { ifMatch: etag }))).toBe('STALE');
    expect(await codeOf(fs.writeFile('gone.txt', 'x', { ifMatch: etag }))).toBe('STALE');
    expect(await codeOf(fs.writeFile('a.txt', 'x', { ifNoneMatch: '*' }))).toBe('EXISTS');
    const { etag: now } = await fs.readFileInfo('a.txt');
    expect((await fs.writeFile('a.txt', 'three', { ifMatch: now })).size).toBe(5);
    expect((await fs.writeFile('new.txt', 'x', { ifNoneMatch: '*' })).created).toBe(true);
    expect(readdirSync(inWorkspace('.'))).toEqual(['a.txt', 'new.txt']);
  });

  test('calls for one path take effect in their order', async () => {
    const fs = await open({ durable: true });
    await Promise.all([...Array(20).keys()].map((n) => fs.writeFile('a.txt', `${n}`)));
    expect(await fs.readFile('a.txt')).toBe('19');
    await Promise.all([...Array(20).keys()].map((n) => fs.appendFile('log', `${n}\n`)));
    expect(await fs.readFile('log')).toBe([...Array(20).keys()].map((n) => `${n}\n`).join(''));
  });

  test('appends, and creates what is missing', async () => {
    const fs = await open();
    expect(await fs.appendFile('logs/a', 'one')).toEqual({
      path: 'workspace/logs/a',
      size: 3,
      created: true,
    });
    expect(await fs.appendFile('logs/a', 'two')).toEqual({
      path: 'workspace/logs/a',
      size: 6,
      created: false,
    });
    expect(await fs.readFile('logs/a')).toBe('onetwo');
  });

  test('edits text and refuses what is not UTF-8', async () => {
    const fs = await open();
    await fs.writeFile('a.txt', 'x=1\nx=2\n');
    expect(await codeOf(fs.editFile('a.txt', 'x', 'y'))).toBe('AMBIGUOUS');
    expect(await fs.editFile('a.txt', 'x', 'y', { replaceAll: true })).toMatchObject({
      replaced: 2,
      size: 8,
    });
    expect(await fs.readFile('a.txt')).toBe('y=1\ny=2\n');
    await fs.writeFile('latin', Buffer.from([0x63, 0xe9, 0x0a]));
    expect(await codeOf(fs.editFile('latin', 'c', 'd'))).toBe('BINARY');
    expect(await codeOf(fs.editFile('a.txt', 'y=1', 'z', { ifMatch: 'f'.repeat(32) }))).toBe('STALE');
  });

  test('takes no more than the quota, counted over all files, and admits again after a removal', async () => {
    const fs = await open({ quota: { bytes: 10, files: 3 } });
    await fs.writeFile('a', '12345678');
    expect(await codeOf(fs.writeFile('b', '123'))).toBe('QUOTA');
    expect(await codeOf(fs.appendFile('a', '123'))).toBe('QUOTA');
    await fs.writeFile('a', '1');
    await fs.writeFile('d/b', '12');
    expect(await codeOf(fs.writeFile('c', '1'))).toBe('QUOTA');
    expect(await codeOf(fs.mkdir('e'))).toBe('QUOTA');
    await fs.remove('d', { recursive: true });
    await fs.writeFile('c', '12345');
    expect(readdirSync(inWorkspace('.'))).toEqual(['a', 'c']);
  });

  test('leaves nothing behind when the content cannot be published', async () => {
    const fs = await open();
    mkdirSync(inWorkspace('d'));
    expect(await codeOf(fs.writeFile('d', 'x'))).toBe('IS_A_DIRECTORY');
    expect(await codeOf(fs.writeFile('a\u0001', 'x'))).toBe('INVALID_NAME');
    expect(readdirSync(inWorkspace('.'))).toEqual(['d']);
  });
});

describe('listing and searching', () => {
  test('gives sorted pages that continue where they stopped', async () => {
    const fs = await open();
    for (const name of ['c', 'a', 'B', 'd']) await fs.writeFile(name, name);
    const first = await fs.listDir('.', { limit: 1 }).then(() => fs.listDir('workspace', { limit: 3 }));
    expect(first.map(({ name }) => name)).toEqual(['B', 'a', 'c']);
    const rest = await fs.listDirPage('workspace', { limit: 3, cursor: first.nextCursor ?? '' });
    expect(rest.entries.map(({ name }) => name)).toEqual(['d']);
    expect(rest.nextCursor).toBeUndefined();
    expect(await codeOf(fs.listDir('workspace', { cursor: '../..' }))).toBe('INVALID_PATH');
  });

  test('the agent root lists visible zones only', async () => {
    const fs = await open();
    writeFileSync(join(root, 'stray.txt'), 'x');
    expect((await fs.listDir('.')).map(({ name }) => name)).toEqual(['profiles', 'workspace']);
    expect((await fs.tree('.')).map(({ path }) => path)).toEqual(['profiles', 'workspace']);
  });

  test('gives a tree with depth, limit and gitignore rules, without following links', async () => {
    const fs = await open();
    await fs.writeFile('src/a.ts', 'aa');
    await fs.writeFile('src/deep/b.ts', 'b');
    await fs.writeFile('node_modules/x/index.js', '');
    await fs.writeFile('.gitignore', 'node_modules/\n*.log\n');
    await fs.writeFile('src/.gitignore', '!keep.log\n');
    await fs.writeFile('src/keep.log', '');
    await fs.writeFile('other.log', '');
    symlinkSync('src', inWorkspace('link'));
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
    const fs = await open();
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
    const fs = await open();
    await fs.writeFile('a.txt', 'abc');
    symlinkSync('a.txt', inWorkspace('l'));
    expect(await fs.stat('l')).toMatchObject({ path: 'workspace/a.txt', type: 'file', size: 3, mode: 0o600 });
    expect(await fs.stat('profiles')).toMatchObject({ path: 'profiles', type: 'directory' });
    expect(await codeOf(fs.stat('nope'))).toBe('NOT_FOUND');
  });
});

describe('names', () => {
  test('a directory that is not empty is removed only recursively, and links in it are not followed', async () => {
    const fs = await open();
    await fs.writeFile('d/e/f', 'x');
    symlinkSync(join(root, 'profiles'), inWorkspace('d/e/l'));
    expect(await codeOf(fs.remove('d'))).toBe('IS_A_DIRECTORY');
    await fs.remove('d', { recursive: true });
    expect(readdirSync(inWorkspace('.'))).toEqual([]);
    expect(readdirSync(join(root, 'profiles'))).toEqual(['p.md']);
  });

  test('renames and moves files, links and directories, and replaces nothing', async () => {
    const fs = await open();
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
    const fs = await open();
    symlinkSync('../.config/agent.json', inWorkspace('there'));
    symlinkSync('../.config/nothing', inWorkspace('not'));
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
    const fresh = join(root, 'agents/new');
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
    opened.push(fs);
    await fs.writeFile('.config/agent.json', '{}');
    await fs.appendFile('.sessions/s.jsonl', '{}\n');
    await fs.writeFile('d/a.txt', 'a');
    const mode = (name: string): number => lstatSync(join(fresh, name)).mode & 0o777;
    expect(
      ['workspace', '.config', 'workspace/d', 'workspace/d/a.txt', '.config/agent.json'].map(mode),
    ).toEqual([0o750, 0o700, 0o750, 0o640, 0o600]);
  });

  test('a zone that is replaced is found again, and one that becomes a link is refused', async () => {
    const fs = await open();
    await fs.writeFile('a', 'old');
    renameSync(join(root, 'workspace'), join(root, 'aside'));
    expect(await codeOf(fs.readFile('a'))).toBe('NOT_FOUND');
    mkdirSync(join(root, 'workspace'));
    await fs.writeFile('a', 'new');
    expect(readFileSync(inWorkspace('a'), 'utf8')).toBe('new');
    expect(readFileSync(join(root, 'aside/a'), 'utf8')).toBe('old');
    rmSync(join(root, 'workspace'), { recursive: true });
    symlinkSync('.config', join(root, 'workspace'));
    expect(await codeOf(fs.readFile('agent.json'))).toBe('ESCAPE');
  });

  test('links can be refused between zones or altogether', async () => {
    symlinkSync('../profiles/p.md', inWorkspace('other'));
    writeFileSync(inWorkspace('a'), 'a');
    symlinkSync('a', inWorkspace('same'));
    expect(await (await open()).readFile('other')).toBe('profile');
    const within = await open({ links: 'same-zone' });
    expect(await within.readFile('same')).toBe('a');
    expect(await codeOf(within.readFile('other'))).toBe('ESCAPE');
    expect(await codeOf((await open({ links: 'deny' })).readFile('same'))).toBe('ESCAPE');
  });
});

describe('decisions and audit', () => {
  test('check judges without doing, and says which rule', async () => {
    const fs = await open();
    symlinkSync('../.config', inWorkspace('out'));
    expect(fs.check('writeFile', 'new.txt')).toMatchObject({ effect: 'allow', input: 'workspace/new.txt' });
    expect(fs.check('readFile', 'missing')).toMatchObject({ effect: 'allow' });
    expect(fs.check('readFile', 'missing/x')).toMatchObject({
      effect: 'allow',
      rule: 'fs.outcome.not-found',
    });
    expect(fs.check('write', 'profiles/p.md')).toMatchObject({ effect: 'deny', rule: 'fs.zone.read-only' });
    expect(fs.check('readFile', 'out/agent.json')).toMatchObject({ effect: 'deny', rule: 'fs.link.escape' });
    expect(fs.check('tree', '.')).toMatchObject({ effect: 'allow' });
    expect(fs.check('glob', '.config/*')).toMatchObject({ effect: 'deny', rule: 'fs.zone.hidden' });
    expect(fs.check('move', 'a', '.config/a')).toMatchObject({ effect: 'deny', rule: 'fs.zone.hidden' });
    expect(fs.check('rename', 'a', 'b/c').effect).toBe('deny');
    expect(fs.check('remove', 'workspace')).toMatchObject({ effect: 'deny', rule: 'fs.zone.root' });
    expect(() => fs.check('format' as 'read', 'x')).toThrow(TypeError);
    expect(readdirSync(inWorkspace('.'))).toEqual(['out']);
  });

  test('every call yields one event with path, place, outcome and bytes', async () => {
    const events: AuditEvent[] = [];
    const fs = await open({ onAudit: (event) => events.push(event) });
    await fs.writeFile('a.txt', 'abc');
    await fs.readFile('./a.txt');
    await failure(fs.readFile('.config/agent.json'));
    await failure(fs.readFile('nope'));
    await fs.move('a.txt', 'b.txt');
    const { dev, ino } = lstatSync(inWorkspace('b.txt'));
    expect(events.every(({ micros }) => micros >= 0)).toBe(true);
    expect(events.map(({ micros: _, ...event }) => event)).toEqual([
      { op: 'writeFile', path: 'a.txt', resolved: 'workspace/a.txt', outcome: 'ok', bytes: 3 },
      {
        op: 'readFile',
        path: './a.txt',
        resolved: 'workspace/a.txt',
        identity: `${dev}:${ino}`,
        outcome: 'ok',
        bytes: 3,
      },
      {
        op: 'readFile',
        path: '.config/agent.json',
        outcome: 'denied',
        code: 'HIDDEN',
        rule: 'fs.zone.hidden',
      },
      { op: 'readFile', path: 'nope', outcome: 'failed', code: 'NOT_FOUND', rule: 'fs.outcome.not-found' },
      {
        op: 'move',
        path: 'a.txt',
        to: 'b.txt',
        resolved: 'workspace/b.txt',
        identity: `${dev}:${ino}`,
        outcome: 'ok',
      },
    ]);
  });

  test('errors are policy errors with the path, the rule and a hint', async () => {
    const fs = await open();
    const error = await failure(fs.readFile('/etc/passwd'));
    expect(error).toBeInstanceOf(PolicyDeniedError);
    expect(error.decision).toMatchObject({
      effect: 'deny',
      layer: 'path',
      rule: 'fs.path.absolute',
      input: '/etc/passwd',
      policyDigest: fs.policyDigest,
    });
    expect(error.message).toBe(`${error.decision.reason} ${error.decision.hint}`);
  });
});

describe('opening and closing', () => {
  test.each<[string, unknown, string]>([
    ['an unknown option', { zone: [] }, 'zone'],
    ['a bad mode', { zones: [{ name: 'a', mode: 'rx' }] }, 'zones[0].mode'],
    ['a zone name that is a path', { zones: [{ name: 'a/b', mode: 'rw' }] }, 'zones[0].name'],
    ['mode bits as text', { fileMode: '600' }, 'fileMode'],
    ['an owner without group', { owner: { uid: 1 } }, 'owner'],
    ['a negative quota', { quota: { bytes: -1 } }, 'quota.bytes'],
  ])('%s is a TypeError that names it', async (_, options, name) => {
    await expect(AgentFS.open(root, options as AgentFSOptions)).rejects.toThrow(
      expect.objectContaining({ name: 'TypeError', message: expect.stringContaining(`"${name}"`) }),
    );
  });

  test('a missing root is NOT_FOUND, a relative one a TypeError', async () => {
    expect(await codeOf(AgentFS.open(join(root, 'nope'), { allowDetectOnly: true }))).toBe('NOT_FOUND');
    await expect(AgentFS.open('relative')).rejects.toThrow(TypeError);
  });

  test('the weaker way is taken only when it is accepted, and says what it is', async () => {
    expect(await codeOf(AgentFS.open(root, { containment: 'detect' }))).toBe('UNSUPPORTED');
    const fs = await open({ containment: 'detect', allowDetectOnly: true });
    expect(fs.containment).toBe('detect');
    await fs.writeFile('d/a.txt', 'a');
    expect(await fs.tree('d')).toMatchObject([{ path: 'workspace/d/a.txt', size: 1 }]);
  });

  test('closing waits for calls in progress; later ones are CLOSED', async () => {
    const fs = await open({ durable: true });
    const writing = fs.writeFile('a.txt', 'abc');
    await fs.close();
    expect(await writing).toMatchObject({ size: 3 });
    expect(await codeOf(fs.readFile('a.txt'))).toBe('CLOSED');
    expect(fs.check('read', 'a.txt').rule).toBe('fs.outcome.closed');
    await fs.close();
  });

  test('removes what a killed writer left, and not what a living one is writing', async () => {
    const fs = await open();
    await fs.mkdir('d');
    const left = inWorkspace('d/.clawforce-tmp-1-1-1-0123456789abcdef');
    writeFileSync(left, 'torn');
    const fresh = await open();
    expect(readdirSync(inWorkspace('d'))).toHaveLength(1);
    expect(await fresh.listDir('d')).toEqual([]);
    utimesSync(left, 1, 1);
    await open();
    expect(readdirSync(inWorkspace('d'))).toEqual([]);
  });
});
