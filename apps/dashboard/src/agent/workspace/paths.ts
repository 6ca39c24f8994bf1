/** The top of the workspace. Paths begin with it as the API has them: without it, a folder `profiles` would be the zone. */
export const TOP = 'workspace';

/** Gives the path that somebody means, in an address or a form: one that does not begin at the top lies below it. */
export function pathFrom(written: string): string {
  const path = written.replace(/^\/+/, '').replace(/\/+$/, '');
  if (path === '' || path === TOP) return TOP;
  return path.startsWith(`${TOP}/`) ? path : pathIn(TOP, path);
}

/** Gives the path of an entry in a directory. */
export function pathIn(directory: string, name: string): string {
  return `${directory}/${name}`;
}

/** Gives the directory of a path; the top is its own. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? path : path.slice(0, slash);
}

/** Gives the last name of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB'] as const;

/** Gives a number of bytes for people. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? 'B'}`;
}
