import { closeSync } from 'node:fs';
import type { PlannedRedirect } from '../command-plan.js';
import { openRedirect, type RedirectBounds } from './open-redirect.js';

/** Where a descriptor for output leads: the next command, a captured stream, nowhere, or an open file. */
export type OutputPlace = 'pipe' | 'stdout' | 'stderr' | 'nothing' | number;

/** Where the three standard descriptors of a command lead after its redirections. */
export interface DescriptorTable {
  /** `inherit` is what the command has without redirections: the pipe, or nothing. */
  readonly input: 'inherit' | 'ignore' | number | { readonly text: string };
  readonly output: OutputPlace;
  readonly errors: OutputPlace;
  /** Files opened here; the caller closes them when the command has started. */
  readonly opened: readonly number[];
}

/**
 * Gives the table of a command, its redirections applied in order as a shell does. `piped` says whether its output goes
 * to a next command.
 *
 * @throws Error that names the file which cannot be opened; nothing stays open then.
 */
export function connectDescriptors(
  redirects: readonly PlannedRedirect[],
  piped: boolean,
  bounds: RedirectBounds,
): DescriptorTable {
  let input: DescriptorTable['input'] = 'inherit';
  const places: Record<1 | 2, OutputPlace> = { 1: piped ? 'pipe' : 'stdout', 2: 'stderr' };
  const opened: number[] = [];
  const open = (kind: 'read' | 'write' | 'append', path: string): number => {
    try {
      const descriptor = openRedirect(kind, path, bounds);
      opened.push(descriptor);
      return descriptor;
    } catch (error) {
      for (const descriptor of opened) closeSync(descriptor);
      throw new Error(`${path}: ${error instanceof Error ? error.message : 'cannot be opened'}`, {
        cause: error,
      });
    }
  };
  for (const redirect of redirects) {
    switch (redirect.kind) {
      case 'text':
        input = { text: redirect.text };
        break;
      case 'read':
        input = redirect.path === '/dev/null' ? 'ignore' : open('read', redirect.path);
        break;
      case 'duplicate':
        places[redirect.descriptor] = places[redirect.source];
        break;
      default:
        places[redirect.descriptor] =
          redirect.path === '/dev/null' ? 'nothing' : open(redirect.kind, redirect.path);
    }
  }
  return { input, output: places[1], errors: places[2], opened };
}
