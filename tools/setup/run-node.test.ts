import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runNode } from './run-node.mjs';

let directory: string;
let script: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'run-node-'));
  script = join(directory, 'script.mjs');
  writeFileSync(
    script,
    `import { getPriority } from 'node:os';
     await new Promise((resolve) => setTimeout(resolve, 200));
     console.log(getPriority());
     process.exitCode = 3;`,
  );
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('gives the exit code and what was printed', async () => {
  const usual = `${getPriority()}\n`;
  expect(await runNode(script, [], { quiet: true })).toEqual({ code: 3, output: usual });
});

test('a nice script has a lower priority', async () => {
  expect(await runNode(script, [], { quiet: true, nice: 19 })).toEqual({ code: 3, output: '19\n' });
});

test('a script that is not there has a code other than 0, and one that takes too long is stopped', async () => {
  expect((await runNode(join(directory, 'none.mjs'), [], { quiet: true })).code).not.toBe(0);
  const late = await runNode(script, [], { quiet: true, timeoutMs: 1 });
  expect(late.code).not.toBe(0);
  expect(late.output).toContain('stopped after 1 ms');
});
