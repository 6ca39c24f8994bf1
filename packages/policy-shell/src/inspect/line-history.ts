import { lstatSync } from 'node:fs';
import { posix } from 'node:path';
import { resolvePath } from '../path/resolve-path.js';

/** A name that a command of a line makes out of another: by a copy, a move, or a link. Both paths are absolute. */
export interface MadePlace {
  readonly place: string;
  readonly source: string;
  /** Whether a link is made; else it is a copy or a move of what may hold or be one. */
  readonly link: boolean;
}

const mostPlaces = 64;
const deepest = 8;

/** What the commands of a line have moved, copied and linked before the one that is judged, which the file system does not show yet. */
export class LineHistory {
  readonly #places: MadePlace[] = [];
  /** How many commands stand before, `cd` not counted. */
  commands = 0;

  /** Takes over what a command makes; `false` when that is more than is followed. */
  add(places: readonly MadePlace[]): boolean {
    this.#places.push(...places);
    return this.#places.length <= mostPlaces;
  }

  /** Gives the paths that a path stands for by then, because a part of it was made out of another. */
  elsewhere(directory: string, path: string): readonly string[] {
    if (this.#places.length === 0) return [];
    const found = new Set<string>();
    let waiting = [posix.isAbsolute(path) ? path : `${directory}/${path}`];
    for (let depth = 0; depth < deepest && waiting.length > 0; depth++) {
      waiting = waiting.flatMap((one) => this.#step(one)).filter((one) => !found.has(one));
      for (const one of waiting) found.add(one);
    }
    return [...found];
  }

  /** Gives the places below a directory, or at it, that were made. */
  below(directory: string): readonly MadePlace[] {
    return this.#places.filter(({ place }) => isAtOrBelow(place, directory));
  }

  /** Whether a path is, holds, or stands below a place where links may be by then. */
  unsettles(directory: string, path: string): boolean {
    if (this.#places.length === 0) return false;
    const all = [posix.resolve(directory, path), ...this.elsewhere(directory, path)];
    return this.#places.some(({ place }) =>
      all.some((one) => isAtOrBelow(place, one) || isAtOrBelow(one, place)),
    );
  }

  /** Whether a directory to enter is another than it seems, so that `..` behind it means another one too. */
  displaces(directory: string, path: string): boolean {
    return (
      this.#places.some(({ place, link }) => link && isAtOrBelow(posix.resolve(directory, path), place)) ||
      this.elsewhere(directory, path).some((one) => {
        const real = resolvePath('/', one);
        return !real.ok || real.path !== posix.normalize(one);
      })
    );
  }

  // Walks as the kernel will: each name below what stood before it really leads to.
  #step(path: string): string[] {
    const found: string[] = [];
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    let current = '/';
    for (const [at, name] of names.entries()) {
      const key = current === '/' ? `/${name}` : `${current}/${name}`;
      const rest = names.slice(at + 1).join('/');
      for (const { place, source } of this.#places)
        if (place === key && name !== '..') found.push(rest === '' ? source : `${source}/${rest}`);
      const next = resolvePath(current, name);
      if (!next.ok) break;
      current = next.path;
    }
    return found;
  }
}

/** Gives the absolute path of a name without following it, only what stands before it. */
export function placeOf(directory: string, path: string): string {
  const parent = resolvePath(directory, posix.dirname(path));
  return posix.join(parent.ok ? parent.path : directory, posix.basename(path));
}

/** Whether a path is a plain file, which leads nowhere. */
export function isPlainFile(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

const isAtOrBelow = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
