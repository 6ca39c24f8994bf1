import { posix } from 'node:path';
import { resolvePath } from '../path/resolve-path.js';
import { isInside, type WorkspaceView } from '../path/workspace-paths.js';
import type { CheckedOptions } from '../policy-options.js';
import type { Finding } from '../rules/finding.js';

/**
 * Gives the directories a command is judged against, or the objection to its working directory. `cwd` is relative to the
 * workspace, or to the directory of a view.
 */
export function viewWorkspace(
  options: CheckedOptions,
  cwd: unknown,
  from?: WorkspaceView,
): WorkspaceView | Finding {
  const wanted = cwd ?? options.workspace ?? '/';
  if (typeof wanted !== 'string' || wanted.includes('\0')) {
    return { rule: 'shell.workspace.cwd', detail: typeof wanted };
  }
  const root = options.workspace ?? '/';
  const absolute = posix.resolve(from?.cwd ?? root, wanted);
  const realRoot = resolvePath('/', root);
  const realCwd = absolute === root ? realRoot : resolvePath('/', absolute);
  if (!realRoot.ok || !realCwd.ok) return { rule: 'shell.workspace.cwd', detail: wanted };
  if (options.restrictToWorkspace && !isInside(realCwd.path, realRoot.path)) {
    return { rule: 'shell.workspace.cwd', detail: wanted };
  }
  return {
    root,
    realRoot: realRoot.path,
    cwd: absolute,
    realCwd: realCwd.path,
    restricted: options.restrictToWorkspace,
  };
}
