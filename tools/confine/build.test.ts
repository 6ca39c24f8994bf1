import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect } from 'vitest';
import { requires } from '../host/host-test.js';

const { test } = requires('linux');
const repository = fileURLToPath(new URL('../../', import.meta.url));
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'confine-build-'));
  for (const part of ['tools/confine', 'tools/setup', 'packages/policy-shell/native'])
    cpSync(join(repository, part), join(copy, part), { recursive: true });
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Builds where the only compiler is this script. */
function build(compiler: string, env: NodeJS.ProcessEnv = {}): { status: number | null; said: string } {
  const bin = join(copy, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'cc'), `#!/bin/sh\n${compiler}\n`);
  chmodSync(join(bin, 'cc'), 0o755);
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(copy, 'tools/confine/build.mjs')], {
    env: { PATH: bin, ...env },
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

test('a compiler that finds no C library to link statically is as none: said, and no error', () => {
  expect(build('case " $* " in *\' -static \'*) exit 1;; esac')).toMatchObject({
    status: 0,
    said: expect.stringContaining('no C compiler that links statically') as string,
  });
});

test('what the compiler does not take is said; a start does not end over it, but a demanding test run does', () => {
  const warns = "case \" $* \" in *' -Werror '*) echo 'a new warning' >&2; exit 1;; esac";
  expect(build(warns)).toMatchObject({ status: 0, said: expect.stringContaining('a new warning') as string });
  expect(build(warns, { CLAWFORCE_TEST_REQUIRE: 'all' }).status).toBe(1);
  expect(existsSync(join(copy, 'packages/policy-shell/dist'))).toBe(true);
});
