import { posix } from 'node:path';
import type { Finding, Span } from '../rules/finding.js';
import { characterSet } from '../parse/character-set.js';
import { isLookAlike, plainName } from './look-alike.js';
import { leadsToItselfBelow, resolvePath } from './resolve-path.js';

/** What a command would do with a path; `look` tells names and sizes, as a listing of the directory around it would; `take` moves or copies it with all below, `fill` writes names below it that the command does not show. */
export type PathAccess = 'read' | 'look' | 'write' | 'any' | 'take' | 'fill';

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
  /** Directories, each with a slash behind it, directly below which the protected names are. */
  readonly guarded: readonly string[];
  /** Whether plain names below the working directory need a look at links only: see {@link isPlainBelow}. */
  readonly plain: boolean;
}

/** Names directly below the workspace (and the agent directory around it) that no command may touch. */
export const protectedNames: readonly string[] = ['.config', '.sessions', '.logs', '.state', 'agent.json'];

const devices = new Set(['/dev/null']);

/** Gives the objection to one path, or `undefined` when it stays inside and touches nothing protected. */
export function refusePath(use: PathUse, view: WorkspaceView): Finding | undefined {
  const { value } = use;
  if (view.plain && isPlainBelow(value, view)) return undefined;
  if (use.access !== 'write' && devices.has(value)) {
    return use.access === 'read' || use.access === 'look'
      ? undefined
      : { rule: 'shell.workspace.device', span: use.span, detail: value };
  }
  if (!/^[\x20-\x7e]*$/.test(value) && value.split('/').some((part) => isLookAlike(part, protectedNames))) {
    return { rule: 'shell.workspace.look-alike', span: use.span, detail: value };
  }
  const lexical = joinLexically(view.cwd, value);
  const resolution = resolvePath(view.realCwd, value);
  if (!resolution.ok)
    return { rule: 'shell.workspace.unreadable', span: use.span, detail: `${value} (${resolution.reason})` };
  const physical = resolution.path;
  if (isPseudoFile(physical)) return { rule: 'shell.workspace.device', span: use.span, detail: value };
  if (view.restricted) {
    // Both readings must stay inside: a tool may collapse `..` before or after following links.
    if (!isInside(physical, view.realRoot))
      return { rule: 'shell.workspace.outside', span: use.span, detail: value };
    if (!isInside(lexical, view.root) && !isInside(lexical, view.realRoot)) {
      return { rule: 'shell.workspace.outside', span: use.span, detail: value };
    }
  }
  if (
    isProtected(physical, view, use.access) ||
    (lexical !== physical && isProtected(lexical, view, use.access))
  )
    return { rule: 'shell.workspace.protected', span: use.span, detail: value };
  return value.includes('..') ? refuseCollapsed(use, physical, view) : undefined;
}

// Where a tool ends up that removes `..` from the text first and follows the links in what is left (Node, Go, `os.path.normpath`).
function refuseCollapsed(
  { value, span, access }: PathUse,
  physical: string,
  view: WorkspaceView,
): Finding | undefined {
  for (const directory of view.cwd === view.realCwd ? [view.cwd] : [view.cwd, view.realCwd]) {
    const clean = posix.resolve(directory, value);
    if (clean === physical) continue;
    const { realRoot } = view;
    const end = clean.startsWith(`${realRoot}/`)
      ? resolvePath(realRoot, clean.slice(realRoot.length + 1))
      : resolvePath('/', clean);
    if (!end.ok) return { rule: 'shell.workspace.unreadable', span, detail: `${value} (${end.reason})` };
    if (view.restricted && !isInside(end.path, view.realRoot))
      return { rule: 'shell.workspace.outside', span, detail: value };
    if (isPseudoFile(end.path)) return { rule: 'shell.workspace.device', span, detail: value };
    if (isProtected(end.path, view, access))
      return { rule: 'shell.workspace.protected', span, detail: value };
  }
  return undefined;
}

/** Whether `path` is `root` or below it; both absolute and normalised. */
export function isInside(path: string, root: string): boolean {
  if (root === '/') return path.startsWith('/');
  return path.startsWith(root) && (path.length === root.length || path.charAt(root.length) === '/');
}

// No empty part and none that begins with a dot. By hand, because every word of every command is looked at.
const inName = characterSet(/[\w.@%+,=:-]/);
const slash = 0x2f;
const dot = 0x2e;

function isPlainRelative(path: string): boolean {
  let begins = true;
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    if (code === slash) {
      if (begins) return false;
      begins = true;
    } else if (code >= inName.length || inName[code] === 0 || (begins && code === dot)) {
      return false;
    } else {
      begins = false;
    }
  }
  return !begins;
}

const longestPlain = 256;
// The protected names that {@link isPlainRelative} lets pass.
const plainProtected = protectedNames.filter((name) => !name.startsWith('.'));
const protectedPlain = new RegExp(
  `^(?:${plainProtected.map((name) => name.replaceAll('.', '\\.')).join('|')})(?:/|$)`,
  'i',
);
const beginsProtected = characterSet(
  new RegExp(`[${plainProtected.map((name) => name.charAt(0)).join('')}]`, 'i'),
);

// The usual word, judged without building its two readings: no name in it begins with a dot, so it stays below a
// directory that is inside, and of the protected names it can only begin with those that have no dot.
function isPlainBelow(use: string, view: WorkspaceView): boolean {
  if (use === '.') return true;
  const value = use.startsWith('./') ? use.slice(2) : use;
  return (
    value.length <= longestPlain &&
    isPlainRelative(value) &&
    !(beginsProtected[value.charCodeAt(0)] === 1 && protectedPlain.test(value)) &&
    leadsToItselfBelow(view.realCwd, value)
  );
}

/** Whether {@link WorkspaceView.plain} holds for a view: its directories are inside, and nothing above a name makes it special. */
export function isPlainView(view: Omit<WorkspaceView, 'plain'>): boolean {
  const { cwd, realCwd, realRoot, restricted, root } = view;
  if (!restricted || realCwd === '/' || !isInside(realCwd, realRoot)) return false;
  if (!isInside(cwd, root) && !isInside(cwd, realRoot)) return false;
  return [cwd, realCwd].every((directory) => {
    const name = `${directory}/name`;
    return !isPseudoFile(name) && !isProtected(name, view, 'write') && !isInRepository(directory);
  });
}

/** Gives what a command is judged against in a directory that it enters, or `undefined` where that leads outside or cannot be resolved. */
export function enterDirectory(directory: string, view: WorkspaceView): WorkspaceView | undefined {
  if (directory === '' || refusePath({ value: directory, span: [0, 0], access: 'read' }, view))
    return undefined;
  const real = resolvePath(view.realCwd, directory);
  if (!real.ok) return undefined;
  if (real.path === view.realCwd) return view;
  const entered = { ...view, cwd: joinLexically(view.cwd, directory), realCwd: real.path };
  return { ...entered, plain: isPlainView(entered) };
}

/** Whether a directory is that of a repository, or below it: what is started there reads its words, and writes its files, as parts of it. */
export function isInRepository(directory: string): boolean {
  return /\/\.git(?:\/|$)/i.test(directory);
}

function joinLexically(directory: string, path: string): string {
  return isPlainRelative(path) && directory !== '/' ? `${directory}/${path}` : posix.resolve(directory, path);
}

function isPseudoFile(path: string): boolean {
  const second = path.charAt(1);
  return (second === 'd' || second === 'p' || second === 's') && /^\/(?:dev|proc|sys)(?:\/|$)/.test(path);
}

function isProtected(path: string, view: Pick<WorkspaceView, 'guarded'>, access: PathAccess): boolean {
  for (const directory of view.guarded) {
    if (!path.startsWith(directory) || path.length === directory.length) continue;
    const end = path.indexOf('/', directory.length);
    const name = end < 0 ? path.slice(directory.length) : path.slice(directory.length, end);
    const plain = plainName(name);
    // A protected file is no more than its name and size to who lists it; a protected directory is what it holds.
    if (protectedNames.includes(plain) && !(access === 'look' && end < 0 && !plain.startsWith('.')))
      return true;
  }
  if (!path.includes('/.')) return false;
  const lower = path.toLowerCase();
  // A submodule and a linked worktree have a repository of their own below that of the whole.
  const nested = lower.indexOf('/.git/');
  const inner = nested < 0 ? '' : lower.slice(nested + 6);
  if (/\/\.git\/hooks(?:\/|$)/.test(lower) || /^(?:modules|worktrees)\/.*\/hooks(?:\/|$)/.test(inner))
    return true;
  if (access === 'read' || access === 'look') return false;
  // What git does in there it does by its own commands; nearly every file of it decides what git runs, reads or believes.
  if (lower.endsWith('/.git')) return access !== 'any';
  return nested >= 0 && !ownedByUsers.test(inner);
}

// What people edit or clean up by hand.
const ownedByUsers =
  /^(?:(?:modules|worktrees)\/[^/]+\/)?(?:info\/exclude|description|commit_editmsg|(?:[\w.-]+\/)*[\w.-]+\.lock)$/;

/** Whether a file name usually means stored credentials, such as `.env` or `id_rsa`. */
export function isCredentialFile(value: string): boolean {
  // `HEAD:.env` is the file of a commit.
  let start = value.length;
  for (; start > 0; start--) {
    const before = value.charCodeAt(start - 1);
    if (before === 0x2f || before === 0x3a) break;
  }
  const first = value.charAt(start);
  if (first === 'c' && /(?:^|\/)\.(?:aws\/credentials|docker\/config\.json|kube\/config)$/.test(value))
    return true;
  if (first !== '.' && first !== 'i') return false;
  const name = value.slice(start);
  return /^(?:\.env(?:\.(?!example$|sample$|template$|test$|dist$).*)?|\.netrc|\.pypirc|\.dockercfg|\.vault-token|\.git-credentials|\.pgpass|id_(?:rsa|dsa|ecdsa|ed25519)|\.(?:bash|zsh|sh|python|node_repl|psql|mysql|sqlite)_history)$/.test(
    name,
  );
}
