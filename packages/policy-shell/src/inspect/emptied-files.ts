import { statSync } from '../path/file-system.js';
import type { ParsedRedirect } from '../parse/redirect.js';
import { resolvePath } from '../path/resolve-path.js';
import type { Token } from '../rules/finding.js';
import type { Inspection } from './inspection.js';

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
    if (redirect.kind !== 'write' || redirect.descriptor !== 1) continue;
    const place = locate(redirect.target, into);
    if (place === undefined || sizeOf(place) === 0) continue;
    const reads = into.paths.some(({ value, access }) => access === 'read' && locate(value, into) === place);
    const fed = redirects.some((other) => other.kind === 'read' && locate(other.target, into) === place);
    if (reads || fed || isSilent(words, redirects, into))
      into.object(
        'shell.destructive.truncate',
        { value: redirect.target, span: redirect.span },
        `> ${redirect.target}`,
      );
  }
}

const silent = /^(?:true|false|test|\[|sleep|usleep|touch|mkdir)$/;

function isSilent(words: readonly Token[], redirects: readonly ParsedRedirect[], into: Inspection): boolean {
  const [name = '', ...args] = words.map(({ value }) => value);
  if (silent.test(name)) return true;
  const plain = args.filter((arg) => !arg.startsWith('-'));
  if (name === 'printf' || name === 'echo')
    return (
      plain.every((arg) => arg === '') && (name === 'printf' || args.some((arg) => /^-[eE]*n/.test(arg)))
    );
  if (!/^(?:cat|head|tail|tac)$/.test(name)) return false;
  if (plain.length > 0) return plain.every((arg) => arg === '/dev/null');
  const input = redirects.findLast(({ kind }) => kind === 'read' || kind === 'text');
  if (!input) return into.feed === undefined;
  return input.kind === 'read' ? input.target === '/dev/null' : input.kind === 'text' && input.text === '';
}

function locate(path: string, { view }: Inspection): string | undefined {
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
