import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** Finds a package as Node does: beside the one that asks for it, then further up to the project. */
function installed(name, from, project) {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name);
    if (existsSync(join(path, 'package.json'))) return path;
    if (folder === project) return undefined;
  }
}

/** What a user of the package gets with it: its dependencies, and the peers that npm installs or its README asks for. */
function wantedBy({ dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta }, first) {
  const peers = Object.keys(peerDependencies ?? {}).filter(
    (name) => first || peerDependenciesMeta?.[name]?.optional !== true,
  );
  return [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers];
}

/**
 * Makes a project in `alone` that holds one library of the project where all are installed, with nothing but what it
 * declares: a dependency that it forgot to name is not there. Gives the problem, or undefined.
 */
export function installAlone(library, project, alone) {
  mkdirSync(alone, { recursive: true });
  writeFileSync(join(alone, 'package.json'), '{ "private": true, "type": "module" }\n');
  const copied = new Set();
  const missing = [];
  const copy = (name, from, optional = false) => {
    const path = installed(name, from, project);
    if (path === undefined) {
      if (!optional) missing.push(`${name}, which ${relative(project, from) || 'the project'} names`);
      return;
    }
    if (copied.has(path)) return;
    copied.add(path);
    // What is nested is copied only where somebody names it.
    const outside = (source) => relative(path, source).split(sep)[0] !== 'node_modules';
    cpSync(path, join(alone, relative(project, path)), { recursive: true, filter: outside });
    const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    for (const next of wantedBy(manifest, name === library.name))
      copy(next, path, manifest.optionalDependencies?.[next] !== undefined);
  };
  copy(library.name, project);
  return missing.length === 0 ? undefined : `not installed: ${missing.join('; ')}`;
}
