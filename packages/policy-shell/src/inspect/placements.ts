import { posix } from 'node:path';
import { lstatSync, readdirSync, readlinkSync } from '../path/file-system.js';
import { isDirectory } from '../path/is-directory.js';
import { resolvePath } from '../path/resolve-path.js';
import type { Token } from '../rules/finding.js';
import { inspectFollowedTrees } from './followed-trees.js';
import { addBase } from './value-roles.js';
import type { Inspection } from './inspection.js';
import { isPlainFile, placeOf } from './line-history.js';
import { inspectMovedTree } from './moved-trees.js';

const placing = /^(?:cp|mv|install|ln|link|rsync|git mv)$/;
const packing = /^(?:tar|gtar|bsdtar|zip|unzip|7z|7za|7zr|p7zip)$/;
const mostChildren = 4096;
const mostSources = 256;

/** Whether {@link inspectPlacement} has anything to say about a program. */
export const places = (name: string): boolean => placing.test(name) || packing.test(name);

/**
 * Records where files really end up: a directory as destination means a name inside it, and who copies or moves a tree
 * takes and fills everything below.
 */
export function inspectPlacement(
  name: string,
  args: readonly Token[],
  operands: readonly Token[],
  into: Inspection,
): void {
  if (packing.test(name)) inspectPacking(name, args, operands, into);
  else if (placing.test(name)) new Placement(name, args, operands, into).record();
}

// What is packed may be unpacked under a harmless name; without a directory of its own it unpacks into this one.
function inspectPacking(
  name: string,
  args: readonly Token[],
  operands: readonly Token[],
  into: Inspection,
): void {
  const [first] = args;
  if (!first) return;
  // The old form `tar xfC a.tar dir`.
  const old = /^[A-Za-z]*C/.test(first.value);
  if (old) for (const operand of operands.slice(1, 3)) addBase(operand, 'fill', into);
  for (const operand of operands) into.path(operand.value, operand, old ? 'fill' : 'take');
  if (/^(?=[A-Za-z]*c)[A-Za-z]*h/.test(first.value)) inspectFollowedTrees(operands.slice(1), into);
  // 7z packs what links lead to, unless it is told to pack the links.
  if (
    /^p?7z/.test(name) &&
    /^[au]$/i.test(first.value) &&
    !args.some(({ value }) => /^-snl-?$/.test(value))
  ) {
    const trees = operands.slice(2);
    inspectFollowedTrees(trees.length > 0 ? trees : [{ ...first, value: '.' }], into);
  }
  into.path('.', first, 'fill');
}

class Placement {
  readonly #args: readonly Token[];
  readonly #into: Inspection;
  readonly #sources: readonly Token[];
  readonly #targets: readonly Token[];
  readonly #trees: boolean;
  readonly #contents: boolean;
  readonly #keepsPath: boolean;
  readonly #links: boolean;

  constructor(name: string, args: readonly Token[], operands: readonly Token[], into: Inspection) {
    this.#args = args;
    this.#into = into;
    const directory = name === 'rsync' || name === 'git mv' ? undefined : this.#directoryOption();
    this.#links = /^ln$/.test(name);
    const here = /^ln/.test(name) && operands.length === 1;
    const last = here && operands[0] ? { ...operands[0], value: '.' } : operands.at(-1);
    // What looks like `-t` may be the value of another option, so the last word counts as well.
    this.#targets = [directory, last].filter((target) => target !== undefined);
    this.#sources = directory || here ? operands : operands.slice(0, -1);
    this.#trees =
      /^(?:mv|rsync|git mv)$/.test(name) || (name === 'cp' && this.#has(/^-[A-Za-z]*[rRa]|^--(?:r|ar)/));
    this.#contents = this.#has(/^-[A-Za-z]*T|^--no-t/);
    this.#keepsPath = this.#has(/^--(?:pa|rel)|^-[A-Za-z]*R/);
  }

  record(): void {
    const [, ...more] = this.#sources;
    if (more.length >= mostSources) {
      this.#into.object(
        'shell.syntax.too-complex',
        more.at(-1) ?? { value: '', span: [0, 0] },
        `more than ${mostSources} files`,
      );
      return;
    }
    for (const target of this.#targets) {
      const directory = withoutSlashes(target.value);
      if (this.#trees) this.#into.path(directory, target, 'fill');
      for (const source of this.#sources) if (source !== target) this.#place(source, directory);
    }
  }

  #place(source: Token, directory: string): void {
    const into = this.#into;
    const path = withoutSlashes(source.value);
    const base = path.slice(path.lastIndexOf('/') + 1);
    const below = `${directory}/`;
    const kind = kindOf(posix.resolve(into.view.realCwd, path));
    if (into.history) this.#recordMade(path, base, directory, source);
    if (base !== '.' && base !== '..') {
      into.path(below + base, source, this.#trees ? 'fill' : 'write');
      if (this.#keepsPath) into.path(below + path.replace(/^.*\/\.\//, ''), source, 'fill');
      if (kind === 'link') this.#moveLink(path, base, directory, source);
    }
    if (!this.#trees) return;
    into.path(path, source, 'take');
    const wholesale = base === '.' || base === '..' || this.#contents || source.value.endsWith('/');
    if (wholesale) this.#pour(path, directory, source);
    if (kind !== 'other') this.#moveTree(path, wholesale ? undefined : base, directory, source);
  }

  #moveTree(path: string, name: string | undefined, directory: string, source: Token): void {
    const { view } = this.#into;
    const from = resolvePath(view.realCwd, path);
    if (!from.ok || !from.exists || !isDirectory(from.path)) return;
    const place = resolvePath(view.realCwd, directory);
    if (!place.ok) return;
    const inside = name !== undefined && isDirectory(place.path);
    inspectMovedTree(from.path, inside ? `${place.path}/${name}` : place.path, source, this.#into);
  }

  // For the commands behind this one: the names that it makes, and out of what.
  #recordMade(path: string, base: string, directory: string, source: Token): void {
    const { view, history } = this.#into;
    const dots = base === '.' || base === '..';
    const symbolic = this.#links && this.#has(/^-[A-Za-z]*s|^--s(?!u)/);
    if (!symbolic && history?.unsettles(view.realCwd, path) === true)
      this.#into.object('shell.workspace.unsettled', source);
    const from = placeOf(view.realCwd, path);
    for (const name of dots ? [directory] : [directory, `${directory}/${base}`]) {
      const place = placeOf(view.realCwd, name);
      // The target of a symbolic link counts from the link, or with `-r` from here.
      if (symbolic) {
        this.#into.makes({
          place,
          source: path.startsWith('/') ? path : `${posix.dirname(place)}/${path}`,
          link: true,
        });
        if (this.#has(/^-[A-Za-z]*r|^--r/)) this.#into.makes({ place, source: from, link: true });
      } else if (place !== from && !isPlainFile(from)) this.#into.makes({ place, source: from, link: false });
    }
  }

  // Only directly below the workspace do names matter; elsewhere the directory itself has been judged.
  #pour(path: string, directory: string, source: Token): void {
    const { view } = this.#into;
    const place = resolvePath(view.realCwd, directory);
    const from = resolvePath(view.realCwd, path);
    if (!place.ok || !from.ok || !view.guarded.includes(`${place.path}/`)) return;
    // A directory copied onto itself changes nothing.
    if (place.path === from.path) return;
    // What the line has put there before cannot be looked at.
    if ((this.#into.history?.commands ?? 0) > 0) this.#into.object('shell.workspace.unsettled', source);
    const children = namesIn(from.path);
    if (children.length > mostChildren) this.#into.object('shell.workspace.unreadable', source);
    else for (const child of children) this.#into.path(`${directory}/${child}`, source, 'fill');
  }

  // A relative link leads elsewhere from its new place.
  #moveLink(path: string, base: string, directory: string, source: Token): void {
    const { view } = this.#into;
    const found = resolvePath(view.realCwd, posix.dirname(path));
    const target = found.ok ? relativeTarget(`${found.path}/${base}`) : undefined;
    if (target === undefined) return;
    const place = resolvePath(view.realCwd, directory);
    const inside = !this.#contents && place.ok && isDirectory(place.path);
    const from = inside ? directory : posix.dirname(directory);
    this.#into.path(`${from}/${target}`, source, 'any');
  }

  #has(pattern: RegExp): boolean {
    return this.#args.some(({ value }) => pattern.test(value));
  }

  #directoryOption(): Token | undefined {
    for (const [at, token] of this.#args.entries()) {
      if (token.value === '--') return undefined;
      const long = /^--t[a-z-]*(?:=(.*))?$/s.exec(token.value);
      const short = long ? undefined : /^-[A-RT-Za-ln-z]*?t(.*)$/s.exec(token.value);
      if (!long && !short) continue;
      const joined = long ? long[1] : short?.[1];
      return joined ? { ...token, value: joined } : this.#args[at + 1];
    }
    return undefined;
  }
}

const withoutSlashes = (path: string): string => path.replace(/(?<=.)\/+$/, '');

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function kindOf(path: string): 'link' | 'directory' | 'other' {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat?.isSymbolicLink() === true ? 'link' : stat?.isDirectory() === true ? 'directory' : 'other';
  } catch {
    return 'other';
  }
}

function relativeTarget(path: string): string | undefined {
  try {
    if (!lstatSync(path).isSymbolicLink()) return undefined;
    const target = readlinkSync(path);
    return target.startsWith('/') ? undefined : target;
  } catch {
    return undefined;
  }
}
