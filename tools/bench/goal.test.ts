import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** Runs a benchmark with these measurements and the bound 1; gives what it says and how it ends. */
function bench(...measured: readonly string[]): { said: string; code: number | null } {
  const goal = JSON.stringify(new URL('./goal.ts', import.meta.url).href);
  const program = `import(${goal}).then(({ verdict }) => {
    for (const value of [${measured.join()}]) console.log(verdict(value <= 1));
  });`;
  const tsx = fileURLToPath(import.meta.resolve('tsx'));
  const { stdout, status } = spawnSync(process.execPath, ['--import', tsx, '--eval', program], {
    encoding: 'utf8',
  });
  return { said: stdout.trim().replaceAll('\n', ' '), code: status };
}

it('a goal that is missed is said, measured on behind, and makes the run end with 1; a measure that failed is no goal kept', () => {
  expect(bench('0.5', '1')).toEqual({ said: 'kept kept', code: 0 });
  expect(bench('0.5', '2', '0.5')).toEqual({ said: 'kept MISSED kept', code: 1 });
  expect(bench('Number.NaN')).toEqual({ said: 'MISSED', code: 1 });
});
