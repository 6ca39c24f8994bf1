import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { localBin, root } from './local-bin.mjs';
import { runNode } from './run-node.mjs';

const nx = (args) => runNode(localBin('nx'), args, { quiet: true, env: { NX_TUI: 'false' } });

function manifests(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => JSON.parse(readFileSync(join(root, folder, name, 'package.json'), 'utf8')));
}

/**
 * Gives a sentence for everything in which the Nx workspace is not what the lint and build rules rely on: a library
 * without a build target (a wrong `include` makes all of them vanish without a word, and the dependency lint with
 * them), or TypeScript references that differ from the dependencies in package.json.
 */
export async function workspaceProblems() {
  const problems = [];
  const { code, output } = await nx(['show', 'projects', '--with-target', 'build', '--json']);
  let names = [];
  try {
    names = JSON.parse(output.slice(output.indexOf('[')));
  } catch {
    problems.push(`nx show projects ended with ${code}: ${output.trim()}`);
  }
  for (const { name } of [...manifests('packages'), ...manifests('apps')]) {
    if (!names.includes(name)) problems.push(`${name} has no build target in Nx; see "plugins" in nx.json`);
  }
  const sync = await nx(['sync:check']);
  if (sync.code !== 0) problems.push(`nx sync:check: run \`npx nx sync\`\n${sync.output.trim()}`);
  return problems;
}
