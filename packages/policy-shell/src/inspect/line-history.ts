import { posix } from 'node:path';
import { lstatSync } from '../path/file-system.js';
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
// Each costs a look at the file system, and honest lines need a handful.
const mostLooks = 600;

/** What the commands of a line have moved, copied and linked before the one that is judged, which the file system does not show yet. */
export class LineHistory {
  readonly #places: MadePlace[] = [];
  readonly #answers = new Map<string, readonly string[]>();
  #looks = 0;
  /** How many commands stand before, `cd` not counted. */
  commands = 0;

  /** Takes over what a command makes; `false` when that is more than is followed. */
  add(places: readonly MadePlace[]): boolean {
    if (places.length > 0) this.#answers.clear();
    this.#places.push(...places);
    return this.#places.length <= mostPlaces && !this.exhausted;
  }

  /** Whether more was asked than is looked up, so that the answers are not complete. */
  get exhausted(): boolean {
    return this.#looks > mostLooks;
  }

  /** Gives the paths that a path stands for by then, because a part of it was made out of another. */
  elsewhere(directory: string, path: string): readonly string[] {
    if (this.#places.length === 0 || this.exhausted) return [];
    const start = posix.isAbsolute(path) ? path : `${directory}/${path}`;
    const known = this.#answers.get(start);
    if (known) return known;
    const found = new Set<string>();
    let waiting = [start];
    for (let depth = 0; depth < deepest && waiting.length > 0; depth++) {
      waiting = waiting.flatMap((one) => this.#step(directory, one)).filter((one) => !found.has(one));
      for (const one of waiting) found.add(one);
    }
    const answer = [...found];
    this.#looks += 2 * answer.length;
    this.#answers.set(start, answer);
    return answer;
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

  // Walks as the kernel will: each name below what stood before it really leads to. The directory itself is real already.
  #step(directory: string, path: string): string[] {
    const below = path.startsWith(`${directory}/`);
    const names = (below ? path.slice(directory.length) : path)
      .split('/')
      .filter((name) => name !== '' && name !== '.');
    const found: string[] = [];
    if (below) {
      for (const { place, source } of this.#places)
        if (isAtOrBelow(directory, place))
          found.push(`${source}${directory.slice(place.length)}/${names.join('/')}`);
    }
    let current = below ? directory : '/';
    for (const [at, name] of names.entries()) {
      const key = current === '/' ? `/${name}` : `${current}/${name}`;
      for (const { place, source } of this.#places)
        if (place === key && name !== '..') found.push([source, ...names.slice(at + 1)].join('/'));
      if (++this.#looks > mostLooks) break;
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
