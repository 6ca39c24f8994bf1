import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunError } from './run-error.js';

function attempt(work: () => string): string {
  try {
    return work();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new RunError(
      'START_FAILED',
      `The temporary directory ${tmpdir()} cannot be used (${code}): make it writable or set TMPDIR.`,
      { cause },
    );
  }
}

/** Gives the temporary directory with links resolved. @throws RunError `START_FAILED` that says why it cannot be used. */
export function temporaryBase(): string {
  return attempt(() => realpathSync(tmpdir()));
}

/**
 * Makes an empty directory, for this user alone, in the temporary directory; `purpose` is a part of its name.
 *
 * @throws RunError `START_FAILED` that says where and why not.
 */
export function privateDirectory(purpose: string): string {
  return attempt(() => realpathSync(mkdtempSync(join(tmpdir(), `clawforce-${purpose}-`))));
}
