import { statSync } from '../path/file-system.js';
import type { ParsedRedirect } from '../parse/redirect.js';
import { resolvePath } from '../path/resolve-path.js';
import type { WorkspaceView } from '../path/workspace-paths.js';
import type { Finding, Token } from '../rules/finding.js';
import type { Inspection, RecordedPath } from './inspection.js';

/** A command of a pipeline, as far as the files go that it opens. */
export interface PipelineMember {
  readonly redirects: readonly ParsedRedirect[];
  readonly paths: readonly RecordedPath[];
}

/**
 * Asks about a `>` that only empties a file which holds something: the command in front of it prints nothing, or reads the
 * very file, which is empty by the time it does. It is what `truncate -s 0` asks about.
 */
export function inspectEmptiedFiles(
  words: readonly Token[],
  redirects: readonly ParsedRedirect[],
  into: Inspection,
): void {
  for (const redirect of redirects) {
    const place = emptiedBy(redirect, into.view);
    if (place === undefined) continue;
    const printsNone =
      redirect.kind === 'write' && redirect.descriptor === 1 && isSilent(words, redirects, into);
    if (printsNone || isRead(place, { redirects, paths: into.paths }, into.view))
      into.findings.push(questionAbout(redirect));
  }
}

/**
 * Gives the same question where one command of a pipeline reads what another empties: the redirections of all are opened
 * before the first command starts.
 */
export function emptiedInPipeline(
  members: readonly PipelineMember[],
  view: WorkspaceView,
): readonly Finding[] {
  const found: Finding[] = [];
  for (const member of members)
    for (const redirect of member.redirects) {
      const place = emptiedBy(redirect, view);
      if (place !== undefined && members.some((other) => other !== member && isRead(place, other, view)))
        found.push(questionAbout(redirect));
    }
  return found;
}

const questionAbout = ({ span, ...redirect }: ParsedRedirect): Finding => ({
  rule: 'shell.destructive.truncate',
  span,
  detail: 'target' in redirect ? `> ${redirect.target}` : '>',
});

// Gives the file that a redirection empties, if there is something in it.
function emptiedBy(redirect: ParsedRedirect, view: WorkspaceView): string | undefined {
  const place = redirect.kind === 'write' ? locate(redirect.target, view) : undefined;
  return place === undefined || sizeOf(place) === 0 ? undefined : place;
}

function isRead(place: string, { redirects, paths }: PipelineMember, view: WorkspaceView): boolean {
  return (
    redirects.some((other) => other.kind === 'read' && locate(other.target, view) === place) ||
    paths.some(
      (use) => (use.access === 'read' || use.access === 'any') && locate(use.value, use.view) === place,
    )
  );
}

const silent = /^(?:true|false|test|\[|sleep|usleep|touch|mkdir)$/;

function isSilent(words: readonly Token[], redirects: readonly ParsedRedirect[], into: Inspection): boolean {
  // Behind its wrappers, where it is one of the words.
  const last = into.programs.findLast(({ wrapper }) => !wrapper);
  const at = last ? words.indexOf(last.token) : -1;
  const name = at > 0 ? (last?.name ?? '') : (words[0]?.value ?? '');
  if (silent.test(name)) return true;
  const args = words.slice(Math.max(at, 0) + 1).map(({ value }) => value);
  const plain = args.filter((arg) => !arg.startsWith('-'));
  if (name === 'printf') return printsNothing(plain);
  if (name === 'echo') return plain.every((arg) => arg === '') && args.some((arg) => /^-[eE]*n/.test(arg));
  if (!/^(?:cat|head|tail|tac)$/.test(name)) return false;
  if (name !== 'cat' && name !== 'tac' && nothingOf.test(args.join(' '))) return true;
  if (plain.length > 0) return plain.every((arg) => arg === '/dev/null');
  const input = redirects.findLast(({ kind }) => kind === 'read' || kind === 'text');
  if (!input) return into.feed === undefined;
  return input.kind === 'read' ? input.target === '/dev/null' : input.kind === 'text' && input.text === '';
}

// `head -c 0`, `tail --lines=0`.
const nothingOf = /(?:^| )(?:-[cn] ?0+|--(?:bytes|lines)[= ]0+|-0)(?= |$)/;

function printsNothing([format = '', ...operands]: readonly string[]): boolean {
  const rest = format.replace(/%\.0?[sb]/g, '');
  return rest.replace(/%[sb]/g, '') === '' && (rest === '' || operands.every((operand) => operand === ''));
}

function locate(path: string, view: WorkspaceView): string | undefined {
  const found = path === '/dev/null' ? undefined : resolvePath(view.realCwd, path);
  return found?.ok === true && found.exists ? found.path : undefined;
}

function sizeOf(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    return 0;
  }
}
