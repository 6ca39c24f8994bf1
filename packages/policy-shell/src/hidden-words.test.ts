import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShellCommandPolicy } from './shell-command-policy.js';
import { buildFixture } from './testing/corpus.js';

let fixture: ReturnType<typeof buildFixture>;
beforeAll(() => {
  fixture = buildFixture();
});
afterAll(() => fixture.remove());

const rule = (command: string): string =>
  new ShellCommandPolicy({ workspace: fixture.workspace }).check(command).rule;

describe('an option that the tool may take for a flag hides no word behind it', () => {
  it.each([
    ['git diff --word-diff --output=/tmp/x', 'shell.workspace.outside'],
    ['git log --decorate --output=/tmp/x', 'shell.workspace.outside'],
    ['git pull -t --upload-pack=./x.sh . master', 'shell.exec.option'],
    ['git pull --squash --upload-pack=id . master', 'shell.exec.option'],
    ['git grep -e a --or --open-files-in-pager=id', 'shell.exec.option'],
    ['git blame --po --contents=/etc/passwd a.txt', 'shell.workspace.outside'],
    ['tar --list --use-compress-program=./x -f a.tar', 'shell.exec.option'],
    ['tar --list -I id -f a.tar', 'shell.exec.option'],
    ["make -l --eval='x:;id'", 'shell.exec.option'],
    ["psql -e -c '\\! id'", 'shell.exec.script-text'],
    ["psql -tAec '\\! id'", 'shell.exec.script-text'],
    ['psql -ef/tmp/x', 'shell.workspace.outside'],
    ["mysql -ve 'system id'", 'shell.exec.script-text'],
    ["mysql -c -e '\\! id'", 'shell.exec.script-text'],
    ['uv run -n env', 'shell.env.dump'],
    ['uv run -n rm -rf src', 'shell.destructive.remove'],
    ['poetry run -n rm -rf src', 'shell.destructive.remove'],
    ['uv run -m --python=/tmp/x y', 'shell.workspace.outside'],
    ['uv run -n --with=git+https://x/y z', 'shell.fetch.source'],
    ['uv add -e git+https://x/y', 'shell.fetch.source'],
    ['rg --ignore --pre=./x y', 'shell.exec.option'],
    ['fd --ignore --exec=id', 'shell.exec.option'],
    ['strings --print /etc/passwd', 'shell.workspace.outside'],
    ['npm test --tag --script-shell=id', 'shell.exec.option'],
    ['npm --tag --script-shell=id test', 'shell.exec.option'],
    ['npm i --tag --global x', 'shell.fetch.system'],
    ['pnpm add --filter --global x', 'shell.fetch.system'],
    ['split -d --filter=id a.txt', 'shell.exec.option'],
    ['wc -m --files0-from=x', 'shell.workspace.list'],
    ['gcc x.c --target -wrapper ./x', 'shell.exec.option'],
    ['pip install --pre git+https://x/y', 'shell.fetch.source'],
    ['pytest --co -pevil', 'shell.exec.option'],
  ])('%s', (command, wanted) => expect([command, rule(command)]).toEqual([command, wanted]));

  it.each([
    'git commit -m "- a list"',
    'git commit -m --amend',
    'git log --pretty oneline',
    'grep -e -v src/app.py',
    'head -n -5 a.txt',
    "psql -c 'select 1'",
    "psql -tAc 'select 1' -d app",
    "mysql -u app -e 'select 1' app",
    'uv run pytest -q',
    'uv run -m pytest',
    'uv add httpx',
    'pip install --pre httpx',
    'poetry install --no-interaction',
    'rg -e --foo src',
    'tar -tf a.tar',
  ])('and honest words stay: %s', (command) =>
    expect([command, rule(command)]).toEqual([command, 'shell.allow']),
  );

  // Each would double the looks at what it starts.
  it('and one inside of another is too much', () => {
    expect(rule('npx -p -x npx -p -x ls')).toBe('shell.syntax.too-complex');
    expect(rule(`${'npx -p -x '.repeat(5)}${'psql -e -c '.repeat(90)}`)).toBe('shell.syntax.too-complex');
  });
});
