/** What {@link AgentFS.glob} takes. */
export interface GlobOptions {
  /** At most so many paths; 10,000 by default. */
  readonly limit?: number;
  /** Wildcards match names that begin with a dot; `false` by default. */
  readonly dot?: boolean;
  /** Leaves out what `.gitignore` files name; `false` by default. */
  readonly gitignore?: boolean;
}

/** What {@link AgentFS.grep} takes. */
export interface GrepOptions {
  /** File or directory to search; `workspace` by default. */
  readonly path?: string;
  /** At most so many lines; 1,000 by default. */
  readonly limit?: number;
  /** Ignores case, for a text; a regular expression has its own flags. */
  readonly ignoreCase?: boolean;
  /** Leaves out what `.gitignore` files name; `false` by default. */
  readonly gitignore?: boolean;
}

/** One line that {@link AgentFS.grep} found. */
export interface GrepMatch {
  /** Canonical path of the file. */
  readonly path: string;
  /** Line number, from 1. */
  readonly line: number;
  /** The line; of a longer one 500 characters around the match. */
  readonly text: string;
}

/** The names of {@link GlobOptions}. */
export const GLOB_OPTIONS: readonly (keyof GlobOptions)[] = ['limit', 'dot', 'gitignore'];

/** The names of {@link GrepOptions}. */
export const GREP_OPTIONS: readonly (keyof GrepOptions)[] = ['path', 'limit', 'ignoreCase', 'gitignore'];

/** Results that may have been cut by the limit. */
export type Cut<Item> = Item[] & { readonly truncated?: true };
