import { lstatSync, readlinkSync } from 'node:fs';

/** Where a path really leads, or why that cannot be said. */
export type Resolution =
  | { readonly ok: true; readonly path: string; readonly exists: boolean }
  | { readonly ok: false; readonly reason: string };

const maximumLinks = 40;
const maximumComponents = 256;

/**
 * Gives the physical path that the kernel would reach, component by component: symbolic links are followed (dangling
 * ones too), `..` is applied to what the link leads to, and the part that does not exist yet is kept as written.
 * Never throws. The answer is only as fresh as the file system: the confiner must hold alone.
 */
export function resolvePath(base: string, path: string): Resolution {
  const pending = components(path);
  let current = path.startsWith('/') ? '/' : base;
  let exists = true;
  let links = 0;
  let steps = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (++steps > maximumComponents) return { ok: false, reason: 'it has too many components' };
    if (next === '..') {
      current = parent(current);
      continue;
    }
    const candidate = current === '/' ? `/${next}` : `${current}/${next}`;
    const target = exists ? readLink(candidate) : undefined;
    if (target === undefined) {
      current = candidate;
    } else if (typeof target === 'object') {
      if (target.reason === 'missing') exists = false;
      else return { ok: false, reason: target.reason };
      current = candidate;
    } else {
      if (++links > maximumLinks) return { ok: false, reason: 'it has too many symbolic links' };
      if (target.startsWith('/')) current = '/';
      pending.push(...components(target));
    }
  }
  return { ok: true, path: current, exists };
}

const components = (path: string): string[] =>
  path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .reverse();

const parent = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')));

// Gives the link target, `undefined` for an ordinary file, or why nothing can be said.
function readLink(path: string): string | undefined | { reason: string } {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return { reason: 'missing' };
    return stat.isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    // A file used as a directory: nothing can be below it.
    return { reason: code === 'ENOTDIR' ? 'missing' : `the file system answers ${code}` };
  }
}
