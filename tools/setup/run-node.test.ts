import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

test('a script of somebody who runs at a low priority already stays there', async () => {
  const outer = join(directory, 'outer.mjs');
  const { href } = new URL('./run-node.mjs', import.meta.url);
  writeFileSync(
    outer,
    `import { setPriority } from 'node:os';
     import { runNode } from ${JSON.stringify(href)};
     // Nobody but root may raise a priority again.
     if (process.getuid() === 0) process.setuid(65534);
     setPriority(10);
     const { code, output } = await runNode(process.argv[2], [], { quiet: true, nice: 5, cwd: '/' });
     console.log(code, output.trim());`,
  );
  chmodSync(directory, 0o755);
  expect(await runNode(outer, [script], { quiet: true })).toEqual({ code: 0, output: '3 10\n' });
});
