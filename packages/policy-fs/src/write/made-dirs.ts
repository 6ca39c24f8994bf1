import type { FsContext } from '../fs-context.js';
import type { Dir } from '../walk/backend.js';
import type { PinnedZone } from '../walk/pinned-root.js';
import { makeOneDir, removeEmpty } from './make-dir.js';

/** The directories that a call makes on its way to what it was asked for; a call that fails leaves none behind. */
export class MadeDirs {
  readonly #context: FsContext;
  readonly #made: { readonly parent: Dir; readonly name: string }[] = [];

  constructor(context: FsContext) {
    this.#context = context;
  }

  /** Makes one directory in a held one; gives whether it was made. */
  readonly make = (parent: Dir, name: string, zone: PinnedZone): boolean => {
    // The walk releases its own hold.
    const held = this.#context.locator.root.backend.openDir(parent, '.');
    let made = false;
    try {
      made = makeOneDir(this.#context, parent, name, zone);
    } finally {
      if (made) this.#made.push({ parent: held, name });
      else held.close();
    }
    return made;
  };

  /** Removes what was made, unless somebody has put something into it since. */
  takeBack(): void {
    for (const { parent, name } of this.#made.reverse()) removeEmpty(parent, name);
    this.release();
  }

  release(): void {
    for (const { parent } of this.#made.splice(0)) parent.close();
  }
}

/** Does something that makes directories on its way, and takes them back when it fails. */
export async function withMadeDirs<T>(
  context: FsContext,
  work: (made: MadeDirs) => T | Promise<T>,
): Promise<T> {
  const made = new MadeDirs(context);
  try {
    const value = await work(made);
    made.release();
    return value;
  } catch (error) {
    made.takeBack();
    throw error;
  }
}
