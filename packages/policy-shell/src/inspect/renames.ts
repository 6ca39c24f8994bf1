import { isCredentialFile } from '../path/workspace-paths.js';
import type { Token } from '../rules/finding.js';
import { growsTooLong, renamedBy } from '../scanners/rename.js';
import type { Inspection } from './inspection.js';

/** Programs that make new names out of old ones by an expression, or by a text and another. */
export const renames = /^(?:p|file-|perl-)?rename(?:\.ul)?$/;

/**
 * Judges the names that `rename` makes. A name that cannot be computed is refused, and so is one in another directory: links that
 * move there lead elsewhere. Both programs of that name are heeded, as the command does not tell which of them is there.
 */
export function inspectRenames(args: readonly Token[], operands: readonly Token[], into: Inspection): void {
  const { expressions, dry, baseOnly, unclear, cluster } = readOptions(args);
  if (cluster) into.object('shell.option.unknown', cluster);
  if (dry) return;
  const [first, second] = operands;
  const files = expressions.length > 0 ? operands : operands.slice(1);
  const [word] = args;
  // Without a name Perl's takes the names from its input.
  if (files.length === 0 && word && into.feed !== undefined) into.object('shell.workspace.list', word);
  if (unclear) into.object('shell.workspace.unreadable', unclear);
  const edit = expressions.length > 0 ? expressions.join(';') : (first?.value ?? '');
  for (const file of files) {
    const [, directory = '', base = ''] = split(file.value) ?? [];
    const made = renamedBy(edit, baseOnly ? base : file.value);
    judge(made !== undefined && baseOnly ? directory + made : made, file, into);
  }
  if (expressions.length > 0 || !first || !second) return;
  // util-linux: this text becomes that one, the first time, the last time or each time.
  const [from, to] = [first.value, second.value];
  for (const file of operands.slice(2)) {
    const whole = from.includes('/') || to.includes('/');
    const [, directory = '', base = ''] = whole ? ['', '', file.value] : (split(file.value) ?? []);
    if (growsTooLong(file.value, to)) {
      judge(undefined, file, into);
      continue;
    }
    // Older versions look at the directory too.
    into.path(
      file.value.replace(from, () => to),
      file,
      'write',
    );
    const last = base.lastIndexOf(from);
    judge(directory + base.replace(from, () => to), file, into);
    judge(directory + base.replaceAll(from, () => to), file, into);
    if (last >= 0) judge(directory + base.slice(0, last) + to + base.slice(last + from.length), file, into);
  }
}

const split = (path: string): RegExpExecArray | null => /^(.*\/)?([^/]*)$/s.exec(path);

const directoryOf = (path: string): string => split(path)?.[1] ?? '';

function judge(made: string | undefined, file: Token, into: Inspection): void {
  if (made === file.value) return;
  if (made === undefined || directoryOf(made) !== directoryOf(file.value)) {
    into.object('shell.workspace.unreadable', file, `made of ${file.value}`);
    return;
  }
  // Under its new name it can be read.
  if (isCredentialFile(file.value)) into.object('shell.secret.file', file);
  into.path(made, file, 'write');
}

interface RenameOptions {
  readonly expressions: readonly string[];
  readonly dry: boolean;
  readonly baseOnly: boolean;
  /** An expression that stands where not every version looks for one. */
  readonly unclear: Token | undefined;
  /** Letters behind one dash that Perl's may read as the beginning of one long option (`-verbose`). */
  readonly cluster: Token | undefined;
}

const expression = /^(?:-[A-DF-Za-df-z0]*[eE]|--e[a-z]*(?:=|$))(.*)$/s;

function readOptions(args: readonly Token[]): RenameOptions {
  const expressions: string[] = [];
  let dry = false;
  let baseOnly = false;
  let at = 0;
  for (; at < args.length; at++) {
    const value = args[at]?.value ?? '';
    if (!value.startsWith('-') || value === '-' || value === '--') break;
    const joined = expression.exec(value)?.[1];
    if (joined !== undefined) expressions.push(joined === '' ? (args[++at]?.value ?? '') : joined);
    else if (/^-[vfid]*n|^--(?:nono|no-act)$/.test(value)) dry = true;
    if (/^-[vfin]*d|^--(?:filename|nopath)$/.test(value)) baseOnly = true;
    else if (/^--(?:path|fullpath)$/.test(value)) baseOnly = false;
  }
  return {
    expressions,
    dry,
    baseOnly,
    unclear: args.slice(at).find(({ value }) => expression.test(value)),
    cluster: args
      .slice(0, at)
      .find(({ value }) => /^-[A-Za-z0]{2,}/.test(value) && !/^-[vfn]+e?$/.test(value)),
  };
}
