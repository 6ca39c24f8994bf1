/** What was judged and is to be run: an argument vector, never a string for a shell. Plain, frozen data. */
export interface CommandPlan {
  /** The words to execute, quoting and patterns resolved. `argv[0]` is the program as written. */
  readonly argv: readonly [string, ...string[]];
  /** The program that does the work, wrappers removed, as the profiles name it. */
  readonly program: string;
  /** Absolute working directory. */
  readonly cwd: string;
  /** Variables set in front of the command. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path of the only directory the command may write to; absent when the policy has none. */
  readonly workspace?: string;
  /** Absolute paths that the confiner hides or write-protects. */
  readonly protectedPaths: readonly string[];
  /** A shell builtin that the runner answers itself: `cd` only says whether the directory exists. */
  readonly builtin?: 'cd';
}
