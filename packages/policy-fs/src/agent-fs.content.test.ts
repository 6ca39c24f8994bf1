import {
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, scratchAgent, type ScratchAgent } from './testing/scratch-agent.js';

let agent: ScratchAgent;
beforeEach(() => {
  agent = scratchAgent();
});
afterEach(() => agent.remove());

describe('reading', () => {
  test('gives text, bytes, and pieces by bytes and by lines', async () => {
    const fs = await agent.open();
    writeFileSync(agent.inWorkspace('a.txt'), 'one\ntwo\nthree\n');
    expect(await fs.readFile('a.txt')).toBe('one\ntwo\nthree\n');
    expect(await fs.readFile('a.txt', { encoding: 'buffer' })).toEqual(Buffer.from('one\ntwo\nthree\n'));
    expect(await fs.readFile('a.txt', { offset: 4, limit: 3 })).toBe('two');
    expect(await fs.readFile('a.txt', { limit: 3, encoding: 'base64' })).toBe('b25l');
    await expect(fs.readFile('a.txt', { encoding: 'ucs2' as 'utf8' })).rejects.toThrow(/"encoding"/);
    expect(await fs.readFile('a.txt', { unit: 'lines', offset: 1, limit: 1 })).toBe('two\n');
    expect(await fs.readFile('a.txt', { unit: 'lines', offset: 9 })).toBe('');
    expect(await fs.readFile('a.txt', { offset: 99 })).toBe('');
  });

  test('leaves out a character that a piece cuts', async () => {
    const fs = await agent.open();
    await fs.writeFile('j.txt', '日本語');
    expect(await fs.readFile('j.txt', { offset: 1, limit: 6 })).toBe('本');
  });

  test('tells size, etag and whether the content was cut', async () => {
    const fs = await agent.open();
    await fs.writeFile('a.txt', 'abcdef');
    const part = await fs.readFileInfo('a.txt', { limit: 2 });
    const whole = await fs.readFileInfo('workspace/a.txt');
    expect(part).toMatchObject({ content: 'ab', size: 6, truncated: true, path: 'workspace/a.txt' });
    expect(whole).toMatchObject({ content: 'abcdef', size: 6, truncated: false, etag: part.etag });
  });

  test('reads files beyond one step and beyond the hashed size', async () => {
    const fs = await agent.open();
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
    const fs = await agent.open({ maxReadBytes: 10 });
    await fs.writeFile('long.txt', 'x'.repeat(11));
    await fs.writeFile('bin', Buffer.from([1, 0, 2]));
    linkSync(join(agent.root, '.config/agent.json'), agent.inWorkspace('hard'));
    expect(await codeOf(fs.readFile('long.txt'))).toBe('TOO_LARGE');
    expect(await fs.readFile('long.txt', { offset: 5 })).toHaveLength(6);
    expect(await codeOf(fs.readFile('bin'))).toBe('BINARY');
    expect(await fs.readFile('bin', { encoding: 'buffer' })).toEqual(Buffer.from([1, 0, 2]));
    expect(await codeOf(fs.readFile('hard'))).toBe('HARD_LINK');
  });

  test('hard links within the workspace can be admitted, those of hidden files never', async () => {
    const fs = await agent.open({ hardLinks: 'allow' });
    await fs.writeFile('one', 'content');
    linkSync(agent.inWorkspace('one'), agent.inWorkspace('two'));
    linkSync(join(agent.root, '.config/agent.json'), agent.inWorkspace('hard'));
    linkSync(join(agent.root, 'profiles/p.md'), agent.inWorkspace('profile'));
    expect(await fs.readFile('two')).toBe('content');
    expect(await fs.readFile('profile')).toBe('profile');
    expect(await codeOf(fs.writeFile('profile', 'x'))).toBe('HARD_LINK');
    expect(await codeOf(fs.readFile('hard'))).toBe('HARD_LINK');
  });
});

describe('writing', () => {
  test('makes directories, tells what it did, and keeps the mode of an existing file', async () => {
    const fs = await agent.open();
    const result = await fs.writeFile('a/b/c.sh', 'one');
    expect(result).toMatchObject({ path: 'workspace/a/b/c.sh', size: 3, created: true });
    expect(lstatSync(agent.inWorkspace('a/b')).mode & 0o777).toBe(0o700);
    expect(lstatSync(agent.inWorkspace('a/b/c.sh')).mode & 0o777).toBe(0o600);
    chmodSync(agent.inWorkspace('a/b/c.sh'), 0o755);
    expect(await fs.writeFile('a/b/c.sh', 'two')).toMatchObject({ created: false });
    expect(lstatSync(agent.inWorkspace('a/b/c.sh')).mode & 0o777).toBe(0o755);
    expect(readdirSync(agent.inWorkspace('a/b'))).toEqual(['c.sh']);
  });

  test('refuses when the file changed, vanished or exists against the precondition', async () => {
    const fs = await agent.open();
    const { etag } = await fs.writeFile('a.txt', 'one');
    writeFileSync(agent.inWorkspace('a.txt'), 'two');
    expect(await codeOf(fs.writeFile('a.txt', 'three', { ifMatch: etag }))).toBe('STALE');
    expect(await codeOf(fs.writeFile('gone.txt', 'x', { ifMatch: etag }))).toBe('STALE');
    expect(await codeOf(fs.writeFile('a.txt', 'x', { ifNoneMatch: '*' }))).toBe('EXISTS');
    const { etag: now } = await fs.readFileInfo('a.txt');
    expect((await fs.writeFile('a.txt', 'three', { ifMatch: now })).size).toBe(5);
    expect((await fs.writeFile('new.txt', 'x', { ifNoneMatch: '*' })).created).toBe(true);
    expect(readdirSync(agent.inWorkspace('.'))).toEqual(['a.txt', 'new.txt']);
  });

  test('calls for one path take effect in their order', async () => {
    const fs = await agent.open({ durable: true });
    await Promise.all([...Array(20).keys()].map((n) => fs.writeFile('a.txt', `${n}`)));
    expect(await fs.readFile('a.txt')).toBe('19');
    await Promise.all([...Array(20).keys()].map((n) => fs.appendFile('log', `${n}\n`)));
    await Promise.all([...Array(20).keys()].map((n) => fs.writeFile(n % 2 ? './b' : 'workspace/b', `${n}`)));
    expect(await fs.readFile('b')).toBe('19');
    expect(await fs.readFile('log')).toBe([...Array(20).keys()].map((n) => `${n}\n`).join(''));
  });

  test('appends, and creates what is missing', async () => {
    const fs = await agent.open();
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
    const fs = await agent.open();
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

  test('an edit of a large file gives an etag that a write accepts', async () => {
    const fs = await agent.open();
    await fs.writeFile('large.txt', 'line of text\n'.repeat(700_000));
    const { etag } = await fs.editFile('large.txt', 'line', 'LINE', { replaceAll: true });
    expect(await fs.writeFile('large.txt', 'x', { ifMatch: etag })).toMatchObject({ size: 1 });
  });

  test('two changes of a large file in the same instant have two etags', async () => {
    const fs = await agent.open();
    const { etag } = await fs.writeFile('large.bin', Buffer.alloc(9 * 1024 * 1024, 1));
    const fd = openSync(agent.inWorkspace('large.bin'), 'r+');
    writeSync(fd, Buffer.from([2]), 0, 1, 0);
    const first = (await fs.readFileInfo('large.bin', { encoding: 'buffer', limit: 1 })).etag;
    writeSync(fd, Buffer.from([3]), 0, 1, 0);
    const second = (await fs.readFileInfo('large.bin', { encoding: 'buffer', limit: 1 })).etag;
    closeSync(fd);
    expect(new Set([etag, first, second]).size).toBe(3);
  });

  test('what happens to the bytes after a write does not change its etag', async () => {
    const fs = await agent.open();
    const bytes = Buffer.from('abc');
    const written = await fs.writeFile('a.txt', bytes);
    bytes[0] = 0;
    expect(written.etag).toBe((await fs.readFileInfo('a.txt')).etag);
  });

  test('an edit whose options are of the wrong kind is a TypeError that names them', async () => {
    const fs = await agent.open();
    await fs.writeFile('a.txt', 'abc');
    await expect(fs.editFile('a.txt', 'a', 'b', { ifMatch: 5 as never })).rejects.toThrow(/"ifMatch"/);
    await expect(fs.editFile('a.txt', 'a', 'b', { replaceAll: 1 as never })).rejects.toThrow(/"replaceAll"/);
  });

  test('refuses text that UTF-8 cannot hold instead of writing another one', async () => {
    const fs = await agent.open();
    await fs.writeFile('a.txt', 'abc \u{1F600}');
    await expect(fs.writeFile('a.txt', 'a\ud800b')).rejects.toThrow(
      new TypeError('argument "content" must be well-formed text, without lone surrogates'),
    );
    await expect(fs.appendFile('a.txt', '\udc00')).rejects.toThrow(/"data" must be well-formed/);
    await expect(fs.editFile('a.txt', 'a', '\ud800')).rejects.toThrow(/"newText" must be well-formed/);
    // Half of what is there.
    await expect(fs.editFile('a.txt', '\ud83d', 'x')).rejects.toThrow(/"oldText" must be well-formed/);
    expect(await fs.readFile('a.txt')).toBe('abc \u{1F600}');
  });

  test('takes no more than the quota, counted over all files, and admits again after a removal', async () => {
    const fs = await agent.open({ quota: { bytes: 10, files: 3 } });
    await fs.writeFile('a', '12345678');
    expect(await codeOf(fs.writeFile('b', '123'))).toBe('QUOTA');
    expect(await codeOf(fs.appendFile('a', '123'))).toBe('QUOTA');
    await fs.writeFile('a', '1');
    await fs.writeFile('d/b', '12');
    expect(await codeOf(fs.writeFile('c', '1'))).toBe('QUOTA');
    expect(await codeOf(fs.mkdir('e'))).toBe('QUOTA');
    await fs.remove('d', { recursive: true });
    await fs.writeFile('c', '12345');
    expect(readdirSync(agent.inWorkspace('.'))).toEqual(['a', 'c']);
  });

  test('leaves nothing behind when the content cannot be published', async () => {
    const fs = await agent.open();
    mkdirSync(agent.inWorkspace('d'));
    expect(await codeOf(fs.writeFile('d', 'x'))).toBe('IS_A_DIRECTORY');
    expect(await codeOf(fs.writeFile('a\u0001', 'x'))).toBe('INVALID_NAME');
    expect(readdirSync(agent.inWorkspace('.'))).toEqual(['d']);
  });

  test('a call that fails leaves none of the directories that it made on its way', async () => {
    const fs = await agent.open({ quota: { bytes: 10, files: 4 } });
    writeFileSync(agent.inWorkspace('f'), 'x');
    for (const [call, code] of [
      [fs.writeFile('q1/q2/f', 'x'.repeat(100)), 'QUOTA'],
      [fs.appendFile('q1/q2/f', 'x'.repeat(100)), 'QUOTA'],
      [fs.writeFile('q1/q2/q3/q4/f', 'x'), 'QUOTA'],
      [fs.mkdir('q1/q2/q3/q4'), 'QUOTA'],
      [fs.writeFile('q1/q2/\u0001', 'x'), 'INVALID_NAME'],
      [fs.writeFile('q1/q2/f/', 'x'), 'IS_A_DIRECTORY'],
      [fs.mkdir('q1/q2/\u0001'), 'INVALID_NAME'],
      [fs.move('f', 'q1/q2/\u0001'), 'INVALID_NAME'],
    ] as const) {
      expect(await codeOf(call)).toBe(code);
      expect(readdirSync(agent.inWorkspace('.'))).toEqual(['f']);
    }
    await fs.writeFile('q1/q2/f', 'x');
    expect(await fs.glob('**')).toEqual(['workspace/f', 'workspace/q1/q2/f']);
  });
});
