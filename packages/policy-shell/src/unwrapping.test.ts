import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShellPolicyOptions } from './policy-options.js';
import { ShellCommandPolicy, type ShellDecision } from './shell-command-policy.js';
import { buildFixture } from './testing/corpus.js';

let fixture: ReturnType<typeof buildFixture>;
beforeAll(() => {
  fixture = buildFixture();
});
afterAll(() => fixture.remove());

const check = (command: string, options: ShellPolicyOptions = {}, cwd?: string): ShellDecision =>
  new ShellCommandPolicy({ workspace: fixture.workspace, ...options }).check(command, { cwd });
const open: ShellPolicyOptions = { inlineCode: 'allow', elevation: 'allow' };

describe('a text for a shell', () => {
  it.each([
    ["sh -c 'rm -rf src'", 'shell.destructive.remove'],
    ['bash -c "rm -r -f src"', 'shell.destructive.remove'],
    ["busybox sh -c 'rm -rf src'", 'shell.destructive.remove'],
    ["timeout 5 env CI=1 dash -ec 'ls && rm -rf src'", 'shell.destructive.remove'],
    ['sh -c "sh -c \'rm -rf src\'"', 'shell.destructive.remove'],
    ["sh -c 'nice timeout 3 rm -rf src'", 'shell.destructive.remove'],
    ["sh -c 'ls | xargs rm -rf'", 'shell.destructive.remove'],
    ["sh -ce 'rm -rf src'", 'shell.destructive.remove'],
    ["sh -c -e 'rm -rf src'", 'shell.destructive.remove'],
    ["bash -xc -- 'rm -rf src' name", 'shell.destructive.remove'],
    ["zsh -c 'rm -rf src'", 'shell.destructive.remove'],
    ["fish -c 'rm -rf src'", 'shell.destructive.remove'],
    ["su -c 'rm -rf src'", 'shell.destructive.remove'],
    ["su root -c 'rm -rf src'", 'shell.destructive.remove'],
    ["su -c ls root --command='rm -rf src'", 'shell.destructive.remove'],
    ["sudo sh -c 'rm -rf src'", 'shell.destructive.remove'],
    ["env -S 'rm -rf src'", 'shell.destructive.remove'],
    ["env -iS 'timeout 5 rm' -rf src", 'shell.destructive.remove'],
    ["env -S '-i rm -rf src'", 'shell.destructive.remove'],
    ['xargs -a list.txt rm -rf', 'shell.destructive.remove'],
    ['xargs -0 -n1 timeout 5 rm -rf', 'shell.destructive.remove'],
    ['valgrind rm -rf src', 'shell.destructive.remove'],
    ["sh -c 'cat /etc/shadow'", 'shell.workspace.outside'],
    ["sh -c 'cat a.txt > ../x'", 'shell.workspace.outside'],
    ["sh -c 'cd src && cat ../../x'", 'shell.workspace.outside'],
    ["sh -c 'cat .config/agent.json'", 'shell.workspace.protected'],
    ["sh -c 'env'", 'shell.env.dump'],
    ["sh -c 'git -c core.pager=id log'", 'shell.exec.config'],
    ["sh -c 'LD_PRELOAD=./x.so ls'", 'shell.env.assignment'],
  ])('is judged with code allowed and names the inner rule: %s', (command, wanted) => {
    const { effect, rule, trace } = check(command, open);
    expect([command, effect, rule]).toEqual([command, 'deny', wanted]);
    expect(trace.some((step) => step.rule === wanted)).toBe(true);
    expect(check(command).effect).toBe('deny');
    expect(check(command, { inlineCode: 'ask', elevation: 'allow' })).toMatchObject({
      effect: 'deny',
      rule: wanted,
    });
  });

  it.each([
    ['ls | xargs rm -rf', '-rf', 'shell.destructive.remove', 'rm -r', 'shell.exec.wrapper', 'xargs'],
    ['xargs -a l.txt timeout 5 rm -rf src', '-rf', 'shell.destructive.remove', 'rm -r', 'shell.exec.wrapper', 'xargs'],
    ["xargs sh -c 'rm -rf src'", "'rm -rf src'", 'shell.destructive.remove', 'rm -r in "rm -rf src"', 'shell.exec.wrapper', 'xargs'],
    ['parallel -j2 git -c core.pager=id log ::: a', 'core.pager=id', 'shell.exec.config', 'core.pager=id', 'shell.exec.wrapper', 'parallel'],
    ["parallel 'rm -rf {}' ::: a", "'rm -rf {}'", 'shell.destructive.remove', 'rm -r in "rm -rf {}"', 'shell.exec.wrapper', 'parallel'],
    ['find . -name x -exec rm -rf {} +', '-rf', 'shell.destructive.remove', 'rm -r', 'shell.exec.option', 'find -exec'],
    ['find . -execdir env nice dd if=a of=b \\; -name y', 'dd', 'shell.destructive.disk', 'dd', 'shell.exec.option', 'find -execdir'],
    ['fd -e ts -x rm -rf', '-rf', 'shell.destructive.remove', 'rm -r', 'shell.exec.option', 'fd -x'],
    // Where the inner command is harmless, that nobody knows the words it gets is what is left.
    ['xargs ls', 'xargs', 'shell.exec.wrapper', 'xargs', 'shell.exec.wrapper', 'xargs'],
    ["parallel 'wc -l {} {.}' ::: a", 'parallel', 'shell.exec.wrapper', 'parallel', 'shell.exec.wrapper', 'parallel'],
    ['find . -exec ls {} +', '-exec', 'shell.exec.option', 'find -exec', 'shell.exec.option', 'find -exec'],
  ])('names what stands inside of a wrapper that is refused, with its place: %s', (command, at, wanted, note, outer, outerNote) => {
    const { effect, rule, span, trace } = check(command, { relaxed: true });
    expect([effect, rule, span && command.slice(...span)]).toEqual(['deny', wanted, at]);
    expect(trace.find((step) => step.rule === wanted)).toMatchObject({ layer: 'deny-rule', effect: 'deny', note });
    expect(trace).toContainEqual({ layer: 'deny-rule', rule: outer, effect: 'deny', note: outerNote });
  }); // prettier-ignore

  it('shows the inner command and its rule in the trace, also where code is refused anyway', () => {
    expect(check("sh -c 'ls && rm -rf src'")).toMatchObject({
      effect: 'deny',
      rule: 'shell.destructive.remove',
      span: [6, 24],
      trace: [
        { layer: 'syntax', effect: 'allow' },
        { layer: 'deny-rule', rule: 'shell.destructive.remove', note: 'rm -r in "ls && rm -rf src"' },
        { layer: 'deny-rule', rule: 'shell.inline-code.deny', note: 'sh -c' },
        { layer: 'workspace', effect: 'allow' },
      ],
    });
  });

  it.each([
    'for f in a b; do rm $f; done',
    'rm $X',
    'rm ~/x',
    'rm {a,b}',
    'echo $(id)',
    'ls &',
    'f() { ls; }; f',
    'ls "',
    '',
    'if',
    // What a shell finds when it gets there is not what is here now, and it goes on where `cd` fails.
    'touch x; cat *.txt',
    'cd src; rm a.ts',
    'cd src || ls',
    'true && cd src; ls',
    // The first is a command in the background and a file emptied, for dash.
    'sleep 9 &> x',
    'ls &>> x',
  ])('that is not read, or not resolved, is refused with code allowed: %s', (text) => {
    expect([text, check(`sh -c '${text}'`, open).effect]).toEqual([text, 'deny']);
    expect(check(`sh -c '${text}'`)).toMatchObject({ effect: 'deny', rule: /./ });
  });

  it.each([
    "sh -c 'ls -l src'",
    "bash -c 'grep -rn foo src | sort > out.txt && wc -l out.txt'",
    "sh -c 'cd src && ls ..'",
    "sh -c 'cat src/*.ts'",
    "bash -c 'npm test || npm run build'",
    'sh -c "sh -c \'ls\'"',
    "su -c 'npm test'",
    "su - root -c 'ls'",
    "sudo -u root sh -c 'ls'",
    "zsh -c 'npm test'",
    "ksh -c 'ls -l src'",
    'fish -c \'git commit -m "a b"\'',
    "sh -c 'npm test > log 2>&1'",
    "env -S 'CI=1 npm test'",
  ])('passes where code is allowed and nothing in it is refused: %s', (command) => {
    expect([command, check(command, open).rule]).toEqual([command, 'shell.allow']);
  });

  it.each([
    "zsh -c 'ls =(id)'",
    "fish -c 'ls (id)'",
    "csh -c 'ls `id`'",
    "zsh -c 'ls *(e:id:)'",
    // What stands in quotes for one of them does not for another.
    "fish -c \"echo 'a\\\\' 'b; rm -rf src; echo \\\\' 'c'\"",
    'csh -c "echo \'a!b\'"',
    // Words of the shell that are no programs.
    "fish -c 'and git reset --hard'",
    "fish -c 'not git clean -fdx'",
    "fish -c 'builtin source x'",
    "csh -c 'repeat 2 git reset --hard'",
    "zsh -c 'repeat 2 git reset --hard'",
    "zsh -c 'noglob rm -rf src'",
    "zsh -c '- rm -rf src'",
    // A subscript is evaluated.
    `zsh -c "printf %d 'a[\\$(rm -rf src)]'"`,
    `ksh -c "printf %d 'a[\\$(rm -rf src)]'"`,
    `mksh -c "printf %d 'a[b]'"`,
    "ksh -c 'ls; ls'",
  ])('for a shell with another grammar passes as plain words only: %s', (command) =>
    expect([command, check(command, open).effect]).toEqual([command, 'deny']),
  );

  it.each([
    'sh -c', "sh -c ''", 'sh -ce', "bash -lc 'ls'", 'su', 'su root', 'su -', 'su -s /bin/x -c id', 'su root id', "env -S 'rm -rf ${X}'", "env -S 'ls\\_-rf'", "env -S ''", 'xargs', 'xargs ls',
    'find . | xargs cat', "xargs sh -c 'ls'",
  ])('is refused in other forms: %s', (command) => {
    expect([command, check(command, { ...open, relaxed: true }).effect]).toEqual([command, 'deny']);
  }); // prettier-ignore

  it('of a here-document is judged too', () => {
    const relaxed: ShellPolicyOptions = { ...open, relaxed: true };
    expect(check("sh <<'E'\nls\nrm -rf src\nE", relaxed)).toMatchObject({ rule: 'shell.destructive.remove' });
    expect(check("sh <<'E'\nls\ncat a.txt\nE", relaxed).rule).toBe('shell.allow');
    expect(check("sh <<'E'\nls\nE", { relaxed: true }).rule).toBe('shell.inline-code.deny');
    expect(check("fish <<'E'\nls -l\nE", relaxed).rule).toBe('shell.allow');
    for (const text of ['and git reset --hard', "echo 'a\\' 'b; rm -rf src; echo \\' 'c'", 'ls\nls'])
      expect([text, check(`fish <<'E'\n${text}\nE`, relaxed).effect]).toEqual([text, 'deny']);
  });

  it('is judged from every directory that it may run in', () => {
    const inner = (command: string): string => check(command, open, 'src/lib').rule;
    expect(inner("bunx --cwd .. sh -c 'cat ../../secret'")).toBe('shell.workspace.outside');
    expect(inner("bunx --cwd .. fish -c 'cat ../../secret'")).toBe('shell.workspace.outside');
    expect(inner("bunx --cwd .. timeout 5 sh -c 'cat ../../secret'")).toBe('shell.workspace.outside');
    expect(inner("bunx --cwd .. env -C x sh -c 'cat ../../secret'")).not.toBe('shell.allow');
    expect(inner('bunx --cwd .. sh -c \'sh -c "cat ../../secret"\'')).toBe('shell.workspace.outside');
    expect(inner("bunx --cwd .. sh -c 'cat ../a.txt'")).toBe('shell.allow');
    expect(inner("sh -c 'cat ../../a.txt'")).toBe('shell.allow');
  });

  it('has the standard input of its shell', () => {
    const relaxed: ShellPolicyOptions = { ...open, relaxed: true };
    for (const [shell, text] of [
      ['sh', 'envsubst'],
      ['sh', 'true; envsubst'],
      ['timeout 5 bash', 'envsubst | cat'],
      ['fish', 'envsubst'],
    ] as const) {
      expect(check(`echo '$TOKEN' | ${shell} -c '${text}'`, relaxed).rule).toBe('shell.env.dump');
      expect(check(`${shell} -c '${text}' <<'E'\n$TOKEN\nE`, relaxed).rule).toBe('shell.env.dump');
    }
    expect(check("bash <<'E'\nenvsubst\ntrue '$TOKEN'\nE", relaxed).rule).toBe('shell.env.dump');
    // A shell in it would read what nobody has judged as its text.
    expect(check("echo x | sh -c 'sh'", relaxed).effect).toBe('deny');
    expect(check("sh -c 'sh' <<'E'\nls\nE", relaxed).effect).toBe('deny');
    expect(check("bash <<'E'\nsh\nls\nE", relaxed).effect).toBe('deny');
    expect(check("echo x | sh -c 'cat | sort'", relaxed).rule).toBe('shell.allow');
  });

  it('counts the programs around it', () => {
    expect(check("timeout 5 nice timeout 5 sh -c 'timeout 5 ls'", open).rule).toBe('shell.allow');
    expect(check("timeout 5 nice timeout 5 sh -c 'timeout 5 nice ls'", open).rule).toBe('shell.exec.depth');
  });

  it('is split with the blanks that its quotes hold', () => {
    symlinkSync('/etc', join(fixture.workspace, 'a  b'));
    expect(check('env -S \'cat   "a  b/passwd"\'').rule).toBe('shell.workspace.outside');
    expect(check('env -S \'cat   "a b/passwd"\'').rule).toBe('shell.allow');
    expect(check(`env -S "cat 'a\\\\b'"`).rule).toBe('shell.exec.wrapper');
  });

  it('is seen by the lists', () => {
    expect(check("sh -c 'curl http://x'", { ...open, deny: ['curl'] })).toMatchObject({
      rule: 'shell.list.denied',
    });
    const allowed: ShellPolicyOptions = { ...open, mode: 'allowlist', allow: ['sh', 'ls'] };
    expect(check("sh -c 'ls | ls'", allowed).rule).toBe('shell.allow');
    expect(check("sh -c 'ls | wc'", allowed).rule).toBe('shell.list.not-allowed');
  });

  it('in a line knows what the line has made, and the line what it makes', () => {
    const relaxed: ShellPolicyOptions = { ...open, relaxed: true };
    expect(check("ln -s .. l && sh -c 'cat l/x'", relaxed).effect).toBe('deny');
    expect(check("sh -c 'ln -s .. l' ; cat l/x", relaxed).effect).toBe('deny');
    expect(check("sh -c 'ln -s src l; cat l/../../x'", open).effect).toBe('deny');
  });
});
