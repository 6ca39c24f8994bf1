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
])('writes, appends or makes a file: %s', (command) =>
  expect([command, check(command).rule]).toEqual([command, 'shell.allow']),
);
