/** How a script runs. */
export interface RunNodeOptions {
  /** Keeps the output back, so that the caller shows it only on failure. */
  readonly quiet?: boolean;
  /** From 1 to 19: lets others run first. */
  readonly nice?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** Runs a script with this Node; one that cannot run or is killed has a code other than 0. */
export function runNode(
  script: string,
  args?: readonly string[],
  options?: RunNodeOptions,
): Promise<{ code: number; output: string }>;
