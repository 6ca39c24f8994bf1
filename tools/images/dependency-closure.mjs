import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

const manifestOf = (directory) => JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));

function resolve(name, from) {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate);
    if (directory === dirname(directory)) return undefined;
  }
}

/** Names below which Node looks for a package, so that the copy resolves as the original does. */
function targetOf(directory, root, workspaces) {
  const owner = [...workspaces.keys()].find((path) => directory === path || directory.startsWith(path + sep));
  if (owner === undefined) return directory.slice(root.length + 1);
  return join('node_modules', workspaces.get(owner), directory.slice(owner.length));
}

/**
 * Gives every package that a workspace needs at run time: `from` is its directory, `to` its place below one
 * `node_modules`, `own` tells packages of this repository. Nothing is downloaded: what is installed is taken.
 */
export function dependencyClosure(root, name) {
  const first = resolve(name, root);
  if (first === undefined) throw new Error(`${name} is not installed; run npm ci`);
  const found = new Map([[first, manifestOf(first)]]);
  for (const [directory, manifest] of found) {
    const {
      dependencies = {},
      optionalDependencies = {},
      peerDependencies = {},
      peerDependenciesMeta = {},
    } = manifest;
    const optional = new Set([
      ...Object.keys(optionalDependencies),
      ...Object.keys(peerDependencies).filter((peer) => peerDependenciesMeta[peer]?.optional),
    ]);
    for (const dependency of Object.keys({ ...peerDependencies, ...dependencies, ...optionalDependencies })) {
      // An optional peer is used by somebody else, not needed by this package.
      if (optional.has(dependency) && !(dependency in optionalDependencies)) continue;
      const resolved = resolve(dependency, directory);
      if (resolved !== undefined) found.set(resolved, found.get(resolved) ?? manifestOf(resolved));
      else if (!optional.has(dependency)) throw new Error(`${manifest.name} needs ${dependency}; run npm ci`);
    }
  }
  const isOwn = (directory) =>
    !directory.slice(root.length).startsWith(`${sep}node_modules${sep}`) &&
    !directory.includes(`${sep}node_modules${sep}`);
  const workspaces = new Map(
    [...found].filter(([path]) => isOwn(path)).map(([path, { name: own }]) => [path, own]),
  );
  return [...found].map(([from, manifest]) => ({
    name: manifest.name,
    from,
    to: targetOf(from, root, workspaces),
    own: workspaces.has(from),
    files: manifest.files ?? [],
  }));
}
