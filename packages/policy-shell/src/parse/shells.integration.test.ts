import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { parseCommand } from './parse-command.js';

const pieces = fc.constantFrom(
  'a', 'B9', ' ', '  ', '\t', '\n', '"', "'", '\\', '\\ ', '\\"', "\\'", '\\\\', '\\$', '\\`', '"x y"', "'x y'", '""', "''", '$', '"$"', '#', ' #',
  '~', 'a~', '=', 'k=v', ':', '!', '{', '}', '{}', '{a}', '[', ']', '%', '^', '+', '-', '--x=', '@', ',', '.', '/', 'é', '🎉', '$[', '"\\a"', '"\\\\"',
  "'\\'", '"!"', '-e', '"\n"', "'\n'", '\\\t', '"`"', '"\\`"', '$"', "$'",
); // prettier-ignore

// The literal text of accepted commands, as arguments of a function that prints them.
const argvIn = (shell: string, command: string): string[] | string => {
  const { stdout, stderr, status } = spawnSync(shell, ['-c', `f() { printf '%s\\0' "$@"; }; f ${command}`], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
    timeout: 10_000,
  });
  return status === 0 ? stdout.split('\0').slice(0, -1) : `failed: ${stderr}`;
};

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

requires('linux').describe('the words we would run', () => {
  describe.each(['bash', 'dash'].filter(has))('are the words of %s', (shell) => {
    it('for every generated command that the parser accepts', () => {
      let accepted = 0;
      fc.assert(
        fc.property(fc.array(pieces, { minLength: 1, maxLength: 8 }), (parts) => {
          const command = `x${parts.join('')}`;
          const parsed = parseCommand(`f ${command}`);
          if (!parsed.ok) return;
          const words = parsed.line[0].commands[0].words.slice(1);
          if (words.some((word) => word.pieces)) return;
          accepted += 1;
          expect(argvIn(shell, command)).toEqual(words.map(({ value }) => value));
        }),
        { numRuns: Number(process.env['CLAWFORCE_DIFFERENTIAL_RUNS'] ?? 1_000) },
      );
      expect(accepted).toBeGreaterThan(100);
    }, 600_000);
  });
});
