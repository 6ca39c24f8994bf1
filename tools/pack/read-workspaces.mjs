import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/local-bin.mjs';

const readWorkspaces = (parent) =>
  readdirSync(join(root, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const directory = join(root, parent, name);
      const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
      return { name: manifest.name, folder: name, path: `./${parent}/${name}`, directory, manifest };
    });

/** Gives every library of `packages/` with its directory and manifest. */
export const readLibraries = () => readWorkspaces('packages');

/** Gives every program of `apps/` that is published. */
export const readPrograms = () => readWorkspaces('apps').filter(({ manifest }) => manifest.private !== true);
