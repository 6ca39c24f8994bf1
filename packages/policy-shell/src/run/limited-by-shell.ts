import { existsSync } from 'node:fs';
import type { ResourceLimits } from './confiner.js';

const SHELL = '/bin/sh';
const BLOCK_BYTES = 512;

/** Whether the shell that sets limits is there. */
export const canLimit = (): boolean => existsSync(SHELL);

/**
 * Puts limits in front of a command that nothing else confines: no core file, the size of files, processor time. The shell
 * sees numbers and arguments, never text to read as commands, and is replaced by the command.
 */
export function limitedByShell(
  argv: readonly [string, ...string[]],
  { fileBytes, cpuSeconds }: ResourceLimits,
): readonly [string, ...string[]] {
  // What cannot be set is held to less already.
  const set = [
    'ulimit -c 0',
    `ulimit -f ${Math.ceil(fileBytes / BLOCK_BYTES)}`,
    `ulimit -t ${Math.ceil(cpuSeconds)}`,
  ].map((one) => `${one} 2>/dev/null`);
  return [SHELL, '-c', `${set.join('; ')}; exec "$@"`, 'sh', ...argv];
}
