import { posix } from 'node:path';
import { isDirectory } from '../path/is-directory.js';
import { leadsToItself, resolvePath } from '../path/resolve-path.js';
import { isInRepository, isInside, isPlainView, type WorkspaceView } from '../path/workspace-paths.js';
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
  if (cwd === undefined && options.workspace !== undefined) {
    const { view, above } = knownWorkspace(options, options.workspace);
    if (leadsToItself(above)) return view;
  }
  const wanted = cwd === undefined ? (options.workspace ?? '/') : cwd;
  if (typeof wanted !== 'string' || wanted === '' || wanted.includes('\0')) {
    return {
      rule: 'shell.workspace.cwd',
      detail: typeof wanted === 'string' ? JSON.stringify(wanted) : typeof wanted,
    };
  }
  const root = options.workspace ?? '/';
  const absolute = wanted === root ? root : posix.resolve(from?.cwd ?? root, wanted);
  const realRoot = resolvePath('/', root);
  const realCwd = absolute === root ? realRoot : resolvePath('/', absolute);
  if (!realRoot.ok || !realCwd.ok) return { rule: 'shell.workspace.cwd', detail: wanted };
  if (options.restrictToWorkspace && !isInside(realCwd.path, realRoot.path)) {
    return { rule: 'shell.workspace.cwd', detail: wanted };
  }
  if (isInRepository(realCwd.path)) return { rule: 'shell.workspace.protected', detail: wanted };
  // A `cd` of the line may enter what the line makes; a call starts in what is there.
  if (cwd !== undefined && from === undefined && !isDirectory(realCwd.path)) {
    return { rule: 'shell.workspace.cwd', detail: wanted };
  }
  return makeView(options, root, realRoot.path, absolute, realCwd.path);
}

function makeView(
  options: CheckedOptions,
  root: string,
  realRoot: string,
  cwd: string,
  realCwd: string,
): WorkspaceView {
  const guarded = guardedBy(root, realRoot);
  const view = { root, realRoot, cwd, realCwd, restricted: options.restrictToWorkspace, guarded };
  return { ...view, plain: isPlainView(view) };
}

interface KnownWorkspace {
  /** The view while no part of the workspace's path is a link. */
  readonly view: WorkspaceView;
  /** The workspace and every directory above it, outermost first. */
  readonly above: readonly string[];
}

const knownWorkspaces = new WeakMap<CheckedOptions, KnownWorkspace>();

function knownWorkspace(options: CheckedOptions, workspace: string): KnownWorkspace {
  let known = knownWorkspaces.get(options);
  if (!known) {
    const parts = workspace.split('/').slice(1);
    const above = parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`);
    known = { view: makeView(options, workspace, workspace, workspace, workspace), above };
    knownWorkspaces.set(options, known);
  }
  return known;
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
