import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ShellCommandPolicy } from './shell-command-policy.js';
import { buildFixture } from './testing/corpus.js';

let fixture: ReturnType<typeof buildFixture>;
beforeAll(() => {
  fixture = buildFixture();
  writeFileSync(join(fixture.workspace, 'empty.txt'), '');
  symlinkSync('a.txt', join(fixture.workspace, 'same.txt'));
});
afterAll(() => fixture.remove());

const check = (command: string) =>
  new ShellCommandPolicy({ workspace: fixture.workspace, relaxed: true }).check(command);

it.each([
  'true > a.txt',
  'tee a.txt',
  'ls; timeout 5 tee b.txt a.txt',
  'cat /dev/null > a.txt',
  'cat < /dev/null > a.txt',
  "printf '' > a.txt",
  'echo -n > a.txt',
  'true >| a.txt',
  'true &> a.txt',
  'ls; true > a.txt',
  'sort a.txt > a.txt',
  'cat same.txt > a.txt',
  'sort < a.txt > same.txt',
  'jq . a.txt > a.txt',
  'sed s/a/b/ a.txt > a.txt',
  'awk 1 a.txt > same.txt',
  'cat a.txt 2> a.txt',
  'cat a.txt | sort > a.txt',
  'cat b.txt | sort - same.txt | uniq > a.txt',
  'sort < a.txt | uniq > a.txt',
  'sort b.txt > a.txt | wc a.txt',
  'timeout 5 sort a.txt > a.txt',
  'env -C src cat ../a.txt > a.txt',
  'env -C src cat index.ts | sort > src/index.ts',
  'env true > a.txt',
  'timeout 5 true > a.txt',
  'timeout 5 nice cat /dev/null > a.txt',
  'env echo -n > a.txt',
  "printf '%s' '' > a.txt",
  "printf '%s%b' > a.txt",
  "printf '%.0s' text > a.txt",
  'head -c 0 b.txt > a.txt',
  'head -n0 b.txt > a.txt',
  'tail --lines=0 b.txt > a.txt',
])('asks before it only empties a file: %s', (command) => {
  expect(check(command)).toMatchObject({ effect: 'ask', rule: 'shell.destructive.truncate' });
});

it.each([
  'ls > a.txt',
  'echo > a.txt',
  'true >> a.txt',
  'true > new.txt',
  'true > empty.txt',
  'true 2> a.txt',
  'true > /dev/null',
  'sort a.txt >> a.txt',
  'sort a.txt > b.txt',
  'ls | cat > a.txt',
  'cat b.txt | sort > a.txt',
  'cat a.txt | sort >> a.txt',
  'cat a.txt | sort > new.txt',
  'sort a.txt > new.txt && sort new.txt > a.txt',
  'env -C src cat a.txt > a.txt',
  'timeout 5 ls true > a.txt',
  'nice echo true > a.txt',
  "printf '%s' text > a.txt",
  "printf '%s-' '' > a.txt",
  'head -n 10 b.txt > a.txt',
  'tee empty.txt',
  'tee -a a.txt',
  'ls | tee a.txt',
  'tail -c +0 b.txt > a.txt',
  'ls -l a.txt > a.txt',
])('writes, appends or makes a file: %s', (command) =>
  expect([command, check(command).rule]).toEqual([command, 'shell.allow']),
);
