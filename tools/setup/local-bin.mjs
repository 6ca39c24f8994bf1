import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository, wherever it was cloned. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Gives the script behind a command of an installed package, to be run with this very Node and no shell. */
export function localBin(packageName, command = packageName) {
  const directory = join(root, 'node_modules', packageName);
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const bin = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin?.[command];
  const path = bin === undefined ? undefined : join(directory, bin);
  if (path === undefined || !existsSync(path)) throw new Error(`${packageName} has no command ${command}`);
  return path;
}
