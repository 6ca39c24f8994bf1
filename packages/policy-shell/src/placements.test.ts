import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShellCommandPolicy } from './shell-command-policy.js';
import { buildFixture } from './testing/corpus.js';

describe('where files end up', () => {
  let fixture: ReturnType<typeof buildFixture>;
  beforeAll(() => {
    fixture = buildFixture();
    const place = (path: string): string => join(fixture.workspace, path);
    for (const directory of ['z/.config', 'z/hooks', 'sub', 'y/lib', '.git/info', 'a/b'])
      mkdirSync(place(directory), { recursive: true });
    for (const file of ['z/agent.json', 'z/hooks/pre-commit', 'y/lib/a.ts', 'plain.txt'])
      writeFileSync(place(file), 'x');
    symlinkSync('..', place('sub/v'));
    symlinkSync('../plain.txt', place('sub/plain'));
    symlinkSync('../y', place('a/inner'));
    rmSync(place('agent.json'));
  });
  afterAll(() => fixture.remove());

  const rule = (command: string, cwd?: string): string =>
    new ShellCommandPolicy({ workspace: fixture.workspace }).check(command, { cwd }).rule;

  it('an empty text that rename replaces makes a protected name, too', () => {
    // No line of attacks.txt: a mutant may lose an empty word.
    expect(rule("rename '' . git")).toBe('shell.workspace.protected');
  });

  it.each([
    'cp z/* .',
    'cp -a z/. .',
    'rsync -a z/ .',
    'cp -rT z .',
    'cp -r z/. ./',
    'cp -r z/. src/..',
    'mv z/agent.json .',
  ])('judges the names that come with a tree: %s', (command) =>
    expect(rule(command)).toBe('shell.workspace.protected'),
  );

  it.each([
    'cp y/* .',
    'cp -r y/* .',
    'cp -a y/. .',
    'rsync -a y/ .',
    'cp -rT y .',
    'cp -a z/. y',
    'mv z sub',
  ])('lets other names pass: %s', (command) => expect(rule(command)).toBe('shell.allow'));

  it.each([
    'mv sub/v w',
    'mv sub/v .',
    'cp -P sub/v .',
    'cp -a sub/v .',
    'cp -d sub/v w',
    'rsync -a sub/v .',
  ])('judges a relative link from its new place: %s', (command) =>
    expect(rule(command)).toBe('shell.workspace.outside'),
  );

  it('lets a link move where it still leads inside', () => {
    expect(rule('mv sub/plain a/b')).toBe('shell.allow');
    expect(rule('mv sub/plain a/renamed')).toBe('shell.allow');
    expect(rule('mv sub/plain .')).toBe('shell.workspace.outside');
  });

  it('follows links for a tool that does, into the trees that they lead to', () => {
    expect(rule('grep -R x a')).toBe('shell.allow');
    symlinkSync('/etc', join(fixture.workspace, 'y/out'));
    expect(rule('grep -R x a')).toBe('shell.workspace.outside');
    expect(rule('grep -r x a')).toBe('shell.allow');
    rmSync(join(fixture.workspace, 'y/out'));
    symlinkSync('../.config', join(fixture.workspace, 'y/conf'));
    expect(rule('grep -R x a')).toBe('shell.workspace.protected');
    rmSync(join(fixture.workspace, 'y/conf'));
    symlinkSync('../a', join(fixture.workspace, 'y/again'));
    expect(rule('grep -R x a')).toBe('shell.allow');
  });

  it('knows which tools follow links by themselves, and how they are told not to', () => {
    symlinkSync('/etc', join(fixture.workspace, 'y/out'));
    for (const command of [
      'zip -r x.zip y',
      'zip -qr9 x.zip y',
      'zip --recurse-paths x.zip y',
      '7z a x.7z y',
      '7z a -l x.7z y',
      'diff -r y z',
      'diff -ur z y',
      'diff --recursive y z',
      'gzip -rf y',
      'ag --follow x y',
      'fd -L x y',
      'ctags -R y',
    ])
      expect([command, rule(command)]).toEqual([command, 'shell.workspace.outside']);
    expect(rule('7z u x.7z', 'y')).toBe('shell.workspace.outside');
    expect(rule('diff -r y nowhere')).toBe('shell.allow');
    for (const command of [
      'zip -ry x.zip y',
      'zip -r x.zip y --symlinks',
      'zip x.zip a.txt',
      'zip -r x.zip z/hooks',
      '7z a -snl x.7z y',
      '7z x x.7z',
      'diff -r --no-dereference y z',
      'diff y/lib/a.ts z/agent.json',
      'grep -R --exclude-dir=y x y/lib',
    ])
      expect([command, rule(command)]).toEqual([command, 'shell.allow']);
    expect(rule("zip -r x.zip . -x '*.log' 'out/*'", 'y')).toBe('shell.allow');
    for (const command of [
      "zip -r x.zip . -x '*.log' 'lib/*'",
      "zip -rj x.zip . -x 'out/*'",
      "zip -r x.zip . -x a @ 'out/*'",
      'grep -R -x out .',
      'grep -R --exclude=out x .',
      'grep -R --exclude-dir x out .',
      'diff -r -x lib out .',
      'fd -L x . --exclude-dir=out',
    ])
      expect([command, rule(command, 'y')]).toEqual([command, 'shell.workspace.outside']);
    expect(rule('grep -R --exclude-dir out x .', 'y')).toBe('shell.allow');
    rmSync(join(fixture.workspace, 'y/out'));
  });

  it('judges relative links in a tree that moves, from their new places', () => {
    mkdirSync(join(fixture.workspace, 'a/t/u'), { recursive: true });
    const link = (target: string): void => {
      rmSync(join(fixture.workspace, 'a/t/u/l'), { force: true });
      symlinkSync(target, join(fixture.workspace, 'a/t/u/l'));
    };
    const moves = [
      'mv a/t t2',
      'mv a/t .',
      'cp -a a/t t2',
      'cp -r a/t .',
      'rsync -a a/t .',
      'cp -rT a/t t2',
      'git mv a/t t2',
    ];
    link('../..');
    for (const command of moves) expect([command, rule(command)]).toEqual([command, 'shell.allow']);
    link('../../..');
    for (const command of moves)
      expect([command, rule(command)]).toEqual([command, 'shell.workspace.outside']);
    for (const command of ['mv a/t a/t2', 'cp -a a/t a/t2', 'cp -r y a/t'])
      expect([command, rule(command)]).toEqual([command, 'shell.allow']);
    link('../x');
    for (const command of moves) expect([command, rule(command)]).toEqual([command, 'shell.allow']);
    link('../x/../../..');
    for (const command of moves) expect([command, rule(command)]).toEqual([command, 'shell.workspace.links']);
    rmSync(join(fixture.workspace, 'a/t'), { recursive: true });
  });

  it('makes no hooks by copying a repository that holds some', () => {
    mkdirSync(join(fixture.workspace, 'v/x/.git/hooks'), { recursive: true });
    writeFileSync(join(fixture.workspace, 'v/x/.git/hooks/pre-commit.sample'), '');
    for (const command of ['cp -r v/x y/x', 'cp -a v y', 'mv v/x y', 'rsync -a v/ y'])
      expect([command, rule(command)]).toEqual([command, 'shell.allow']);
    writeFileSync(join(fixture.workspace, 'v/x/.git/hooks/pre-commit'), '');
    for (const command of ['cp -r v/x y/x', 'cp -a v y', 'mv v/x y', 'rsync -a v/ y'])
      expect([command, rule(command)]).toEqual([command, 'shell.workspace.protected']);
    rmSync(join(fixture.workspace, 'v'), { recursive: true });
  });

  it('refuses to follow links in a tree that is too large to look at', () => {
    const large = join(fixture.workspace, 'large');
    mkdirSync(large);
    for (let at = 0; at < 4_097; at++) writeFileSync(join(large, String(at)), '');
    expect(rule('grep -R x large')).toBe('shell.workspace.links');
    expect(rule('grep -r x large')).toBe('shell.allow');
  });

  it('lets a listing tell of a protected file what the listing of its directory tells', () => {
    writeFileSync(join(fixture.workspace, 'agent.json'), '{}');
    for (const command of ['ls -l agent.json', 'stat agent.json', 'du -sh agent.json'])
      expect([command, rule(command)]).toEqual([command, 'shell.allow']);
    for (const command of [
      'cat agent.json',
      'wc agent.json',
      'ls .config',
      'du -sh .state',
      'ls agent.json/x',
    ])
      expect([command, rule(command)]).toEqual([command, 'shell.workspace.protected']);
    rmSync(join(fixture.workspace, 'agent.json'));
  });

  it('starts nowhere that cd would not go', () => {
    for (const cwd of [
      '.config',
      '.git',
      '.git/info',
      '.git/hooks',
      join(fixture.workspace, '.config'),
      'link-config',
    ])
      expect([cwd, rule('ls', cwd)]).toEqual([cwd, 'shell.workspace.protected']);
    expect(rule('git status', 'src')).toBe('shell.allow');
    expect(rule('cp -r ../z/hooks .', '.git')).toBe('shell.workspace.protected');
    expect(rule('tar xf ../a.tar', '.git')).toBe('shell.workspace.protected');
    expect(rule('tar xf ../a.tar', 'src')).toBe('shell.allow');
    expect(rule('cp -r . ../', 'src')).toBe('shell.allow');
    expect(rule('cp -r . ../')).toBe('shell.workspace.outside');
  });
});
