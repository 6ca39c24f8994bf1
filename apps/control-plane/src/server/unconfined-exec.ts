import type { Settings } from '../settings/index.js';

/**
 * Tells whether commands may run without a confiner where none works. `CLAWFORCE_UNCONFINED_EXEC=1` is for workers that are
 * processes of a developer's host; inside containers the walls of commands are mandatory (ARCHITECTURE section 5).
 */
export function unconfinedExec(
  settings: Pick<Settings, 'unconfinedExec'>,
  pool: string | undefined,
): boolean {
  return settings.unconfinedExec && pool === 'process';
}
