import { lstatSync, readlinkSync } from './file-system.js';

/** Where a path really leads, or why that cannot be said. */
export type Resolution =
  | { readonly ok: true; readonly path: string; readonly exists: boolean }
  | { readonly ok: false; readonly reason: string };

const maximumLinks = 40;
const maximumComponents = 256;

/**
 * Gives the physical path that the kernel would reach, component by component: symbolic links are followed (dangling
 * ones too), `..` is applied to what the link leads to, and the part that does not exist yet is kept as written. `..` behind what is
 * missing goes on from where it will be: a command may make it first, and many programs do not look whether it is there.
 * Never throws. The answer is only as fresh as the file system: the confiner must hold alone.
 */
export function resolvePath(base: string, path: string): Resolution {
  // One plain name, the usual argument.
  if (!path.includes('/') && path !== '.' && path !== '..' && path !== '') {
    const candidate = base === '/' ? `/${path}` : `${base}/${path}`;
    const target = readLink(candidate);
    if (target === undefined) return { ok: true, path: candidate, exists: true };
    if (target === missing) return { ok: true, path: candidate, exists: false };
  }
  let rest = path;
  let at = 0;
  let current = path.startsWith('/') ? '/' : base;
  // How many components at the end of `current` do not exist.
  let absent = 0;
  let links = 0;
  let steps = 0;
  while (at < rest.length) {
    const slash = rest.indexOf('/', at);
    const end = slash < 0 ? rest.length : slash;
    const next = rest.slice(at, end);
    at = end + 1;
    if (next === '' || next === '.') continue;
    if (++steps > maximumComponents) return { ok: false, reason: 'it has too many components' };
    if (next === '..') {
      current = parent(current);
      if (absent > 0) absent--;
      continue;
    }
    const candidate = current === '/' ? `/${next}` : `${current}/${next}`;
    const target = absent === 0 ? readLink(candidate) : missing;
    if (target === undefined) {
      current = candidate;
    } else if (typeof target === 'object') {
      if (target === missing) absent++;
      else return { ok: false, reason: target.reason };
      current = candidate;
    } else {
      if (++links > maximumLinks) return { ok: false, reason: 'it has too many symbolic links' };
      if (target.startsWith('/')) current = '/';
      rest = `${target}/${rest.slice(at)}`;
      at = 0;
    }
  }
  return { ok: true, path: current, exists: absent === 0 };
}

/** Whether these paths, each the parent of the next, are no links, so that the last leads to itself. What is missing is no link. */
export function leadsToItself(paths: readonly string[]): boolean {
  for (const path of paths) {
    const target = readLink(path);
    if (target !== undefined) return target === missing;
  }
  return true;
}

/** The same for every part of a relative path without `.` and `..` below a directory that leads to itself. */
export function leadsToItselfBelow(directory: string, path: string): boolean {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    const target = readLink(`${directory}/${path.slice(0, slash)}`);
    if (target !== undefined) return target === missing;
  }
  const target = readLink(`${directory}/${path}`);
  return target === undefined || target === missing;
}

const parent = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')));

const longestName = 255;
const nameLength = (path: string): number => Buffer.byteLength(path.slice(path.lastIndexOf('/') + 1));

const missing = { reason: 'missing' };
const quietly = { throwIfNoEntry: false } as const;

// Gives the link target, `undefined` for an ordinary file, or why nothing can be said.
function readLink(path: string): string | undefined | { reason: string } {
  try {
    const stat = lstatSync(path, quietly);
    if (stat === undefined) return missing;
    return stat.isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    // A file used as a directory: nothing can be below it. No file system holds a name as long as many an address.
    if (code === 'ENOTDIR' || (code === 'ENAMETOOLONG' && nameLength(path) > longestName)) return missing;
    return { reason: `the file system answers ${code}` };
  }
}
