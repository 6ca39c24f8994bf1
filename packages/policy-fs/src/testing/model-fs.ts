import type { AgentFSError } from '../index.js';

type Code = AgentFSError['code'];
type Node = string | Map<string, Node>;

/** What the model throws: the code that AgentFS is to give. */
export class ModelError extends Error {
  readonly code: Code;

  constructor(code: Code) {
    super(code);
    this.code = code;
  }
}

/** A workspace in memory, as simple as can be: maps for directories, strings for files. */
export class ModelFS {
  readonly #top = new Map<string, Node>();

  write(path: string, text: string, append: boolean): void {
    const { dir, name } = this.#place(path, true);
    const old = dir.get(name);
    if (old instanceof Map) throw new ModelError('IS_A_DIRECTORY');
    dir.set(name, append ? (old ?? '') + text : text);
  }

  read(path: string): string {
    const node = this.#find(path);
    if (node instanceof Map) throw new ModelError('IS_A_DIRECTORY');
    return node;
  }

  list(path: string): string[] {
    const node = this.#find(path);
    if (typeof node === 'string') throw new ModelError('NOT_A_DIRECTORY');
    return [...node.keys()].sort();
  }

  edit(path: string, oldText: string, newText: string): void {
    const text = this.read(path);
    const first = text.indexOf(oldText);
    if (oldText === '' || first < 0) throw new ModelError('NO_MATCH');
    if (text.includes(oldText, first + 1)) throw new ModelError('AMBIGUOUS');
    this.write(path, text.slice(0, first) + newText + text.slice(first + oldText.length), false);
  }

  /** Kind, and the size of a file in bytes. */
  stat(path: string): [kind: string, size: number] {
    const node = this.#find(path);
    return node instanceof Map ? ['directory', 0] : ['file', Buffer.byteLength(node)];
  }

  /** Paths of everything below a directory, each directory before what is in it. */
  tree(path: string): string[] {
    return this.list(path).flatMap((name) => {
      const inner = `${path}/${name}`;
      return this.#find(inner) instanceof Map ? [inner, ...this.tree(inner)] : [inner];
    });
  }

  /** Paths of the files that hold a text. */
  grep(text: string, path: string): string[] {
    return this.tree(path).filter((inner) => {
      const node = this.#find(inner);
      return typeof node === 'string' && node.includes(text);
    });
  }

  mkdir(path: string): void {
    const { dir, name } = this.#place(path, true);
    const old = dir.get(name);
    if (typeof old === 'string') throw new ModelError('EXISTS');
    if (!old) dir.set(name, new Map());
  }

  remove(path: string, recursive: boolean): void {
    const { dir, name } = this.#place(path, false);
    const node = dir.get(name);
    if (node === undefined) throw new ModelError('NOT_FOUND');
    if (node instanceof Map && node.size > 0 && !recursive) throw new ModelError('IS_A_DIRECTORY');
    dir.delete(name);
  }

  move(from: string, to: string, makeParents: boolean): void {
    const source = this.#place(from, false);
    const node = source.dir.get(source.name);
    if (node === undefined) throw new ModelError('NOT_FOUND');
    if (node instanceof Map && to.startsWith(`${from}/`)) throw new ModelError('INVALID_PATH');
    const target = this.#place(to, makeParents);
    if (target.dir.has(target.name)) throw new ModelError('EXISTS');
    source.dir.delete(source.name);
    target.dir.set(target.name, node);
  }

  #names(path: string): string[] {
    return path.split('/').slice(1);
  }

  #find(path: string): Node {
    let node: Node = this.#top;
    for (const name of this.#names(path)) {
      if (typeof node === 'string') throw new ModelError('NOT_A_DIRECTORY');
      const next: Node | undefined = node.get(name);
      if (next === undefined) throw new ModelError('NOT_FOUND');
      node = next;
    }
    return node;
  }

  /** The directory of a path and its last name; with `make`, missing directories on the way are made and stay. */
  #place(path: string, make: boolean): { dir: Map<string, Node>; name: string } {
    const names = this.#names(path);
    const name = names.pop() ?? '';
    let dir = this.#top;
    for (const next of names) {
      let node = dir.get(next);
      if (node === undefined) {
        if (!make) throw new ModelError('NOT_FOUND');
        node = new Map<string, Node>();
        dir.set(next, node);
      }
      if (typeof node === 'string') throw new ModelError('NOT_A_DIRECTORY');
      dir = node;
    }
    return { dir, name };
  }
}
