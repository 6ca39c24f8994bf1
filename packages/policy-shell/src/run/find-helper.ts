import { constants, accessSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { posix } from 'node:path';
import { packageFile } from './package-file.js';

/** A helper program that may be used, or why there is none. */
export type FoundHelper = { readonly path: string } | { readonly missing: string };

const platformPackage = `@clawforce/confine-${process.platform}-${process.arch}`;

/**
 * Finds the Landlock helper: the path that the caller names, else the package for this platform, else the copy that a
 * build of this repository made. A program that others may change is refused.
 */
export function findHelper(named?: string): FoundHelper {
  if (named !== undefined) {
    if (!posix.isAbsolute(named)) throw new TypeError('option "helper" must be an absolute path');
    return judge(named) ?? { missing: `the Landlock helper ${named} does not exist` };
  }
  const built = `dist/native/${process.platform}-${process.arch}/clawforce-confine`;
  for (const path of [installed(), packageFile(built)]) {
    const found = path === undefined ? undefined : judge(path);
    if (found) return found;
  }
  return { missing: `the Landlock helper is not installed: npm install ${platformPackage}` };
}

function installed(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`${platformPackage}/clawforce-confine`);
  } catch {
    return undefined;
  }
}

function judge(path: string): FoundHelper | undefined {
  try {
    const real = realpathSync(path);
    const { mode, uid } = statSync(real);
    if ((mode & 0o022) !== 0 || ![0, process.getuid?.()].includes(uid)) {
      return {
        missing: `the Landlock helper ${path} may be changed by others; its owner must be root or you`,
      };
    }
    accessSync(real, constants.X_OK);
    return { path: real };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return { missing: `the Landlock helper ${path} cannot be executed` };
  }
}
