import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShellCommandPolicy } from '../shell-command-policy.js';
import { buildFixture } from '../testing/corpus.js';
import { resolvePath } from './resolve-path.js';

describe('a path through what is missing', () => {
  let base: string;
  beforeAll(() => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'policy-shell-missing-')));
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  const name = fc.constantFrom('a', 'b', 'up', 'deep', 'l', 'loop', 'gone', 'new', 'x', '..', '..', '.', '');
  it('leads where it will lead when the missing directories are made, for generated paths', () => {
    let made = 0;
    let compared = 0;
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 7 }), (names) => {
        const root = join(base, String(made++));
        mkdirSync(join(root, 'ws/a/b'), { recursive: true });
        for (const [link, target] of [['up', '..'], ['a/up', '../..'], ['a/deep', 'b/../../a/b'], ['l', 'a/b'], ['a/b/l', '../../l/..'], ['loop', 'loop'], ['a/gone', 'new/y']] as const)
          symlinkSync(target, join(root, 'ws', link)); // prettier-ignore
        const start = join(root, 'ws');
        const path = names.join('/');
        const found = resolvePath(start, path);
        // Step by step, as `mkdir -p` goes.
        if (path.startsWith('/')) return;
        let at = start;
        try {
          for (const part of names) {
            at = `${at}/${part}`;
            if (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() === true && !existsSync(at))
              return;
            if (!existsSync(at)) mkdirSync(at);
          }
        } catch {
          return;
        }
        compared += 1;
        expect([path, found.ok && found.path]).toEqual([path, realpathSync.native(at)]);
      }),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(100);
  });
});

describe('a path that leads up from a link, or from what is missing', () => {
  let fixture: ReturnType<typeof buildFixture>;
  let relaxed: ShellCommandPolicy;
  beforeAll(() => {
    fixture = buildFixture();
    const { workspace } = fixture;
    for (const place of ['sub/sub', 'z/objects', 'z/refs', 'made/.git']) mkdirSync(join(workspace, place), { recursive: true }); // prettier-ignore
    writeFileSync(join(workspace, 'z/HEAD'), 'ref: refs/heads/main\n');
    for (const [link, target] of [['sub/v', '..'], ['src/v', '..'], ['l', 'src/lib']] as const) symlinkSync(target, join(workspace, link)); // prettier-ignore
    relaxed = new ShellCommandPolicy({ workspace, relaxed: true });
  });
  afterAll(() => fixture.remove());

  it.each([
    // The target of a link counts from where the link really is, and `..` in it from where a link in it leads.
    'ln -s . d && ln -s d/.. e && cat e/secret',
    'ln -s .. src/w && ln -s w/.. src/x && cat src/x/secret',
    ...['ln -s link-out/.. x', 'ln -s v/.. sub/w', 'ln -s v/../.. sub/w', 'ln -s ./v/../x sub/w', 'ln -s ../x sub/v/y', 'ln -s ../.. sub/v/sub/y'],
    // What is missing may be made, by the line or by the tool itself.
    ...['mkdir n && cat n/../src/deep-link/secret', 'mkdir n && cat n/../link-out/passwd', 'mkdir n && cat n/../link-config/agent.json'],
    ...['mkdir n && cat n/../innocent.txt', 'mkdir sub/n && cat sub/n/../v/../zsecret', 'mkdir n && cp n/../link-out/passwd x'],
    ...['mkdir -p n/../src/deep-link/x', 'install -D a.txt n/../link-out/../tmp/x', 'curl --create-dirs -o sub/n/../v/../out http://x/y', 'git init n/../link-out/../tmp/x'],
    // Others take `..` out of the text.
    ...['node q/../src/deep-link/out.js', 'node q/../link-out/passwd', 'unknown q/../link-out/passwd', 'cat q/r/../../link-out/passwd', 'touch q/../link-out/x'],
    ...['node l/../link-out/passwd', 'node l/../innocent.txt', 'node l/../link-config/agent.json', 'npm --prefix l/../link-out test', 'tsc --outDir l/../link-config'],
    ...['curl --output-dir sub -o v/../x http://h/x', 'rsync -a --backup-dir=v/../x a.txt sub/', 'rsync --partial-dir v/.. a sub/'],
    // A directory that is a repository without the name of one.
    ...['git --git-dir=z --work-tree=. status', 'git -C z log', 'git --git-dir src/lib log'],
  ])('is refused: %s', (command) => expect([command, relaxed.check(command).effect]).toEqual([command, 'deny'])); // prettier-ignore

  it.each([
    ...['cat src/../a.txt', 'cat l/../index.ts', 'ls n/../src', 'mkdir -p n/../m', 'node src/../build/x.js', 'tsc --outDir src/../build', 'ln -s ../a.txt src/a.txt'],
    ...['ln -s lib/../index.ts src/i.ts', 'ln -s src/lib/.. q && ls q', 'mkdir n && cat n/../a.txt', 'git -C src log', 'git -C made status', 'git --git-dir=made/.git log'],
    ...['curl --output-dir build -o x http://h/x', 'rsync -a --backup-dir=old src/ build'],
  ])('is allowed where it stays inside: %s', (command) => expect([command, relaxed.check(command).rule]).toEqual([command, 'shell.allow'])); // prettier-ignore

  it('is judged as both the kernel and a program that cleans it would read it', () => {
    expect(posix.normalize('l/../link-out/passwd')).toBe('link-out/passwd');
    expect(relaxed.check('cat l/../link-out/passwd')).toMatchObject({ rule: 'shell.workspace.outside' });
  });
});
