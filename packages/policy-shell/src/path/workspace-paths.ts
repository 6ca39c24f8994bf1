import { posix } from 'node:path';
import type { Finding, Span } from '../rules/finding.js';
import { isLookAlike, plainName } from './look-alike.js';
import { resolvePath } from './resolve-path.js';

/** What a command would do with a path. */
export type PathAccess = 'read' | 'write' | 'any';

/** A place in the command that may name a file. */
export interface PathUse {
  readonly value: string;
  readonly span: Span;
  readonly access: PathAccess;
}

/** The directory a command is confined to, as seen at one moment. */
export interface WorkspaceView {
  /** Absolute path as configured. */
  readonly root: string;
  /** Absolute path with symbolic links resolved. */
  readonly realRoot: string;
  /** Absolute working directory with symbolic links resolved. */
  readonly realCwd: string;
  /** Absolute working directory as given. */
  readonly cwd: string;
  /** Whether paths must stay inside. */
  readonly restricted: boolean;
}

/** Names directly below the workspace (and the agent directory around it) that no command may touch. */
export const protectedNames: readonly string[] = ['.config', '.sessions', '.logs', '.state', 'agent.json'];

const devices = new Set(['/dev/null']);

/** Gives the objection to one path, or `undefined` when it stays inside and touches nothing protected. */
export function refusePath(use: PathUse, view: WorkspaceView): Finding | undefined {
  const { value, span } = use;
  const found = (rule: Finding['rule'], detail = value): Finding => ({ rule, span, detail });
  if (use.access !== 'write' && devices.has(value)) {
    return use.access === 'read' ? undefined : found('shell.workspace.device');
  }
  if (!/^[\x20-\x7e]*$/.test(value) && value.split('/').some((part) => isLookAlike(part, protectedNames))) {
    return found('shell.workspace.look-alike');
  }
  const lexical = posix.resolve(view.cwd, value);
  const resolution = resolvePath(view.realCwd, value);
  if (!resolution.ok) return found('shell.workspace.unreadable', `${value} (${resolution.reason})`);
  const physical = resolution.path;
  if (/^\/(?:dev|proc|sys)(?:\/|$)/.test(physical)) return found('shell.workspace.device');
  if (view.restricted) {
    // Both readings must stay inside: a tool may collapse `..` before or after following links.
    if (!isInside(physical, view.realRoot)) return found('shell.workspace.outside');
    if (!isInside(lexical, view.root) && !isInside(lexical, view.realRoot)) {
      return found('shell.workspace.outside');
    }
  }
  return isProtected(physical, view, use.access) || isProtected(lexical, view, use.access)
    ? found('shell.workspace.protected')
    : undefined;
}

/** Whether `path` is `root` or below it; both absolute and normalised. */
export function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root === '/' ? '/' : `${root}/`);
}

function isProtected(path: string, view: WorkspaceView, access: PathAccess): boolean {
  for (const root of new Set([view.root, view.realRoot, posix.dirname(view.realRoot)])) {
    if (!isInside(path, root) || path === root) continue;
    const name = path.slice(root === '/' ? 1 : root.length + 1).split('/', 1)[0] ?? '';
    if (protectedNames.includes(plainName(name))) return true;
  }
  const lower = path.toLowerCase();
  if (/\/\.git\/hooks(?:\/|$)/.test(lower)) return true;
  return access !== 'read' && /\/\.git\/(?:config|config\.worktree|info\/attributes)$/.test(lower);
}

/** Whether a file name usually means stored credentials, such as `.env` or `id_rsa`. */
export function isCredentialFile(value: string): boolean {
  const name = value.slice(value.lastIndexOf('/') + 1);
  return /^(?:\.env(?:\.(?!example$|sample$|template$|test$|dist$).*)?|\.netrc|\.git-credentials|\.pgpass|id_(?:rsa|dsa|ecdsa|ed25519)|\.(?:bash|zsh|sh|python|node_repl|psql|mysql|sqlite)_history)$/.test(
    name,
  );
}
