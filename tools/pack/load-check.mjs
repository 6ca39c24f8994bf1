import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNode } from '../setup/run-node.mjs';

const TIMEOUT_MS = 30_000;

/** Gives every entry that users may name: the keys of `exports` without the manifest and patterns. */
function entriesOf({ name, manifest }) {
  return Object.keys(manifest.exports ?? {})
    .filter((key) => key !== './package.json' && !key.includes('*'))
    .map((key) => name + key.slice(1));
}

const script = (entries) => `
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const before = Object.keys(globalThis).length;
for (const entry of ${JSON.stringify(entries)}) {
  for (const [how, load] of [['import', () => import(entry)], ['require', async () => require(entry)]]) {
    try {
      const names = Object.keys(await load());
      if (names.length === 0 && how === 'import') console.error('note: ' + entry + ' exports types only');
      if (names.includes('default') && how === 'import') throw new Error('it has a default export');
    } catch (error) {
      console.error(how + ' of ' + entry + ' failed: ' + (error.stack ?? error));
      process.exitCode = 1;
    }
  }
}
if (Object.keys(globalThis).length !== before) {
  console.error('loading it changed the global object');
  process.exitCode = 1;
}
`;

/**
 * Loads every entry of an installed library by import and by require (Node 20.19 and later can require ES modules),
 * in a process that must then end by itself: a library starts nothing on import. Gives the problem, or undefined.
 */
export async function checkLoads(library, project) {
  const entries = entriesOf(library);
  if (entries.length === 0) return 'it exports nothing';
  const path = join(project, `load-${library.folder}.mjs`);
  writeFileSync(path, script(entries));
  const { code, output } = await runNode(path, [], { quiet: true, cwd: project, timeoutMs: TIMEOUT_MS });
  return code === 0 ? undefined : output;
}
