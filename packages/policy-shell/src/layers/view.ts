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
  const absolute = wanted === root ? root : posix.resolve(from?.cwd ?? root, wanted);
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
    guarded: guardedBy(root, realRoot.path),
  };
}

// The answer for the last workspace: a policy asks about the same one each time.
let last: { root: string; realRoot: string; guarded: readonly string[] } | undefined;

// The agent directory around the workspace holds the protected names too.
function guardedBy(root: string, realRoot: string): readonly string[] {
  if (last?.root === root && last.realRoot === realRoot) return last.guarded;
  const slashed = [root, realRoot, posix.dirname(realRoot)].map((path) => (path === '/' ? '/' : `${path}/`));
  last = { root, realRoot, guarded: [...new Set(slashed)] };
  return last.guarded;
}
