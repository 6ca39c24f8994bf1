/** One package that an app needs at run time. */
export interface ClosurePackage {
  readonly name: string;
  readonly from: string;
  /** Its place below the directory that holds one `node_modules`. */
  readonly to: string;
  /** Whether it is of this repository. */
  readonly own: boolean;
  /** The `files` of its manifest. */
  readonly files: readonly string[];
}

/** Gives every package that a workspace needs at run time, from what is installed below `root`. */
export function dependencyClosure(root: string, name: string): readonly ClosurePackage[];
