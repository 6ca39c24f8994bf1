import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { ShellCommandPolicy } from '../shell-command-policy.js';

const patterns = [
  '*', '*/', 'l*/', 'd*/', 'ld/*', '*/*', '*/.', '*/..', '*/../f?', './*', './/f?', 'd1//*', './*/', 'dang*', 'dang*/', 'lf*/',
  'f[12]', 'f[!1]', 'f[]1]', 'f1*/', '*/x', '*/nope', '*/./x', 'n*/x', '*\\ *', '"f"*', '[a-z]*', 'd?/x', './d1/*',
]; // prettier-ignore

for (const [name, [program, ...args]] of Object.entries({
  bash: ['bash'],
  dash: ['dash'],
  busybox: ['busybox', 'sh'],
} as const)) {
  requires('linux', name as 'bash' | 'dash' | 'busybox').describe(`the files of a pattern in ${name}`, () => {
    let workspace: string;
    beforeAll(() => {
      workspace = realpathSync(mkdtempSync(join(tmpdir(), 'policy-shell-glob-')));
      for (const directory of ['d1', 'd2']) mkdirSync(join(workspace, directory));
      for (const file of ['f1', 'f2', 'a b', '.hidden', 'd1/x', 'd2/x'])
        writeFileSync(join(workspace, file), '');
      for (const [link, target] of [['ld', 'd1'], ['lf', 'f1'], ['dang', 'nope']] as const) symlinkSync(target, join(workspace, link)); // prettier-ignore
    });
    afterAll(() => rmSync(workspace, { recursive: true, force: true }));

    it.each(['*//', '*//x', 'f[^1]'])('are not named where shells differ: %s', (pattern) =>
      expect(new ShellCommandPolicy({ workspace }).check(`echo ${pattern}`).rule).toBe('shell.syntax.glob'),
    );

    it.each(patterns)('are those that we would name: %s', (pattern) => {
      const { plan } = new ShellCommandPolicy({ workspace }).check(`echo ${pattern}`);
      const { stdout } = spawnSync(program, [...args, '-c', `set -- ${pattern}\nprintf '%s\\0' "$@"`], {
        cwd: workspace,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      });
      expect(plan?.argv.slice(1)).toEqual(stdout.split('\0').slice(0, -1));
    });
  });
}
