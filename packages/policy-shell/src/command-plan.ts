/** A simple command of a plan: an argument vector, never a string for a shell. */
export interface PlannedCommand {
  /** The words to execute, quoting and patterns resolved. `argv[0]` is the program as written. */
  readonly argv: readonly [string, ...string[]];
  /** The program that does the work, wrappers removed, as the profiles name it. */
  readonly program: string;
  /** Absolute working directory, links resolved. */
  readonly cwd: string;
  /** Variables set in front of the command. */
  readonly env: Readonly<Record<string, string>>;
  /** A shell builtin that the runner carries out itself: `cd` enters the directory for what follows. */
  readonly builtin?: 'cd';
  /** Redirections in the order in which they apply. */
  readonly redirects?: readonly PlannedRedirect[];
}

/** A redirection of a planned command. `path` is absolute with every link resolved when it was judged. */
export type PlannedRedirect =
  | { readonly kind: 'read'; readonly descriptor: 0; readonly path: string }
  | { readonly kind: 'write' | 'append'; readonly descriptor: 1 | 2; readonly path: string }
  | { readonly kind: 'duplicate'; readonly descriptor: 1 | 2; readonly source: 1 | 2 }
  | { readonly kind: 'text'; readonly descriptor: 0; readonly text: string };

/** Commands whose output is the input of the next; `joiner` says when they run. */
export interface PlannedPipeline {
  /** `and`: when what ran last ended with 0; `or`: when it did not; `always`. */
  readonly joiner: 'always' | 'and' | 'or';
  readonly commands: readonly [PlannedCommand, ...PlannedCommand[]];
}

/** What was judged and is to be run. Plain, frozen data. */
export interface CommandPlan extends PlannedCommand {
  /** Absolute path of the only directory the command may write to; absent when the policy has none. */
  readonly workspace?: string;
  /** Absolute paths that the confiner hides or write-protects. */
  readonly protectedPaths: readonly string[];
  /**
   * The whole line where it is more than one simple command without redirections (relaxed mode). The members inherited
   * from {@link PlannedCommand} then describe its first command only.
   */
  readonly pipelines?: readonly [PlannedPipeline, ...PlannedPipeline[]];
}
