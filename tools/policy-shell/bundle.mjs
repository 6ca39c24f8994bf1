import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../setup/local-bin.mjs';

const library = join(root, 'packages/policy-shell');
const dist = join(library, 'dist');
const parser = join(root, 'node_modules/unbash');

/**
 * Bundles the entries of policy-shell, with the parser and policy-core inside, into few files below `dist`, beside the
 * declarations that the compiler wrote: eighty small files take longer to open than all they hold takes to run (decision 0090).
 */
export async function bundle() {
  const { rolldown } = await import('rolldown');
  const entry = (name) => [name, join(library, `src/${name}.ts`)];
  const made = await rolldown({
    input: Object.fromEntries(['index', 'run', 'cli'].map(entry)),
    platform: 'node',
    external: /^node:/,
    onLog(level, log) {
      throw new Error(`${level} of the bundler: ${log.message}`);
    },
  });
  const { output } = await made.write({
    dir: dist,
    format: 'esm',
    sourcemap: true,
    chunkFileNames: '[name].js',
  });
  await made.close();
  const written = new Set(output.map(({ fileName }) => fileName));
  for (const name of readdirSync(dist, { recursive: true })) {
    // What an earlier build left; the new files were written over the old ones, so that no import finds a gap.
    if (/\.js(?:\.map)?$/.test(name) && !written.has(name)) rmSync(join(dist, name));
  }
  chmodSync(join(dist, 'cli.js'), 0o755);
  const { name, version } = JSON.parse(readFileSync(join(parser, 'package.json'), 'utf8'));
  const notice = readFileSync(join(parser, 'LICENSE'), 'utf8');
  writeFileSync(
    join(dist, 'THIRD-PARTY-NOTICES.txt'),
    `The bundled files contain ${name} ${version}.\n\n${notice}`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await bundle();
