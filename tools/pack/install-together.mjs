import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm } from './run-npm.mjs';

const copiesBelow = (directory) =>
  readdirSync(directory, { recursive: true })
    .map(String)
    .filter((path) =>
      /node_modules\/@clawforce\/[^/]+\/node_modules\/@clawforce\/[^/]+$/.test(`node_modules/${path}`),
    );

/**
 * Installs all tarballs, and the optional peers they name, into one empty project without running any script. A
 * dependency between libraries resolves to the sibling tarball: the registry has none of them, so a wrong range
 * fails here. Gives the problem, or undefined.
 */
export async function installTogether(packed, project) {
  mkdirSync(project, { recursive: true });
  const peers = packed.flatMap(({ library }) => Object.entries(library.manifest.peerDependencies ?? {}));
  const libraries = packed.map(({ library, tarball }) => [library.name, `file:${tarball}`]);
  const manifest = {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries([
      ...peers.filter(([name]) => !name.startsWith('@clawforce/')),
      ...libraries,
    ]),
  };
  writeFileSync(join(project, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  const { code, stdout, stderr } = await runNpm(
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--no-package-lock'],
    project,
  );
  if (code !== 0) return `npm install ended with ${code}\n${stdout}${stderr}`;
  const copies = copiesBelow(join(project, 'node_modules'));
  return copies.length > 0
    ? `more than one copy of a library was installed: ${copies.join(', ')}`
    : undefined;
}
