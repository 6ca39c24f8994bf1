import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { localBin, root } from './setup/local-bin.mjs';
import { runNode } from './setup/run-node.mjs';

async function step(title, script, args) {
  const started = performance.now();
  const { code, output } = await runNode(script, args, { quiet: true });
  const took = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  console.log(`build: ${title} ${code === 0 ? 'done' : 'FAILED'} (${took})`);
  if (code !== 0) console.error(output.trimEnd());
  return code === 0;
}

/** Runs a script of the repository where there is one; tests of this file bring a repository with less in it. */
const script = async (title, path) => !existsSync(join(root, path)) || step(title, join(root, path), []);

const projectsIn = (folder, config) =>
  readdirSync(join(root, folder))
    .map((name) => join(folder, name, config))
    .filter((path) => existsSync(join(root, path)));

const DASHBOARD = join('apps', 'dashboard');

/**
 * Builds the repository and tells whether everything succeeded. `product` leaves tests and tools out, which is what
 * a start needs; without it every TypeScript project is checked.
 */
export async function build({ product = false } = {}) {
  if (!(await script('database clients', 'tools/prisma/generate.mjs'))) return false;
  if (!(await script('confinement helper', 'tools/confine/build.mjs'))) return false;
  const tsc = (title, projects) => step(title, localBin('typescript-7', 'tsc'), ['-b', ...projects]);
  const programs = [
    ...projectsIn('packages', 'tsconfig.lib.json'),
    ...projectsIn('apps', 'tsconfig.app.json').filter((path) => !path.startsWith(DASHBOARD)),
  ];
  if (!(await tsc('libraries and programs', programs))) return false;
  if (!(await script('bundle of policy-shell', 'tools/policy-shell/bundle.mjs'))) return false;
  // The dashboard's types of the API come from the document that the compiled control plane serves.
  if (!(await script('types of the API', 'tools/dashboard/write-api-types.mjs'))) return false;
  if (!(await script('dashboard', 'tools/dashboard/bundle.mjs'))) return false;
  return product || tsc('every TypeScript project', []);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = (await build()) ? 0 : 1;
}
