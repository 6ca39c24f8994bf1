import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Gives the path of a file of this package by its name below the package's directory, wherever the asking code itself is:
 * in a source file or in one of the bundled ones.
 */
export function packageFile(name: string): string {
  const manifest = createRequire(import.meta.url).resolve('@clawforce/policy-shell/package.json');
  return join(dirname(manifest), name);
}
