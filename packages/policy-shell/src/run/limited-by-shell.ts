import { existsSync } from 'node:fs';
import type { ResourceLimits } from './confiner.js';

const SHELL = '/bin/sh';
const BLOCK_BYTES = 512;
const NOT_LIMITED = 126;

/** Whether the shell that sets limits is there. */
export const canLimit = (): boolean => existsSync(SHELL);

/** Sets one limit, unless there is a lower one already; a command never runs without it. */
const atMost = (flag: string, most: number): string =>
  `{ [ "$(ulimit -H ${flag})" -lt ${most} ] || ulimit ${flag} ${most}; } 2>/dev/null || exit ${NOT_LIMITED}`;

/**
 * Puts limits in front of a command that nothing else confines: no core file, the size of files, processor time. The shell
 * sees numbers and arguments, never text to read as commands, and is replaced by the command. It ends with 126 instead where
 * a limit cannot be set.
 */
export function limitedByShell(
  argv: readonly [string, ...string[]],
  { fileBytes, cpuSeconds }: ResourceLimits,
): readonly [string, ...string[]] {
  const set = [
    atMost('-c', 0),
    atMost('-f', Math.ceil(fileBytes / BLOCK_BYTES)),
    atMost('-t', Math.ceil(cpuSeconds)),
  ];
  return [SHELL, '-c', `${set.join('; ')}; exec "$@"`, 'sh', ...argv];
}
