import { closeSync, constants, fstatSync, ftruncateSync, openSync, realpathSync } from 'node:fs';
import { posix } from 'node:path';

/** Where a redirection may lead: below `root`, and to none of `protectedPaths`. */
export interface RedirectBounds {
  readonly root: string;
  readonly protectedPaths: readonly string[];
}

const { O_APPEND, O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const flags = {
  read: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
  write: O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK,
  append: O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK,
} as const;

/**
 * Opens the file of a redirection without following a link anywhere on its way, so that it is the file that was judged
 * or none. This process opens it, not the confined command: the bounds are those of the command. The caller closes it.
 *
 * @throws Error whose message is for the person who reads the command's standard error.
 */
export function openRedirect(
  kind: 'read' | 'write' | 'append',
  path: string,
  bounds: RedirectBounds,
): number {
  const { root, protectedPaths } = bounds;
  const inside = (parent: string): boolean => path.startsWith(parent === '/' ? '/' : `${parent}/`);
  if (posix.normalize(path) !== path || !inside(root)) throw new Error('outside the workspace');
  if (protectedPaths.some((name) => path === name || inside(name))) throw new Error('protected');
  const descriptor = walk(root, path.slice(root === '/' ? 1 : root.length + 1).split('/'), flags[kind]);
  try {
    if (!fstatSync(descriptor).isFile()) throw new Error('not an ordinary file');
    if (kind === 'write') ftruncateSync(descriptor);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function walk(root: string, parts: readonly string[], last: number): number {
  const directory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  if (process.platform !== 'linux') return openChecked(root, parts, last);
  let current = openStep(root, directory);
  for (const [at, part] of parts.entries()) {
    const final = at === parts.length - 1;
    try {
      // The directory is held open: what its name leads to meanwhile does not matter.
      const next = openStep(`/proc/self/fd/${current}/${part}`, final ? last : directory);
      closeSync(current);
      current = next;
    } catch (error) {
      closeSync(current);
      throw error;
    }
  }
  return current;
}

// Without /proc the last name is safe from links, and the directories are as they were a moment ago.
function openChecked(root: string, parts: readonly string[], last: number): number {
  const directory = [root, ...parts.slice(0, -1)].join('/');
  if (realpathSync(directory) !== directory) throw new Error('a link is on its way');
  return openStep(`${directory}/${parts.at(-1) ?? ''}`, last);
}

function openStep(path: string, how: number): number {
  try {
    return openSync(path, how, 0o666);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const known: Readonly<Record<string, string>> = {
      ENOENT: 'no such file or directory',
      EACCES: 'permission denied',
      EISDIR: 'is a directory',
      ELOOP: 'a link is on its way',
      ENOTDIR: 'a link or a file is on its way',
      ENXIO: 'not an ordinary file',
    };
    throw new Error(known[code] ?? `the file system answers ${code}`, { cause: error });
  }
}
