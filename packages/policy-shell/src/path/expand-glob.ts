import { lstatSync, readdirSync } from './file-system.js';
import type { ParsedWord, Piece } from '../parse/word.js';
import type { Finding, Token } from '../rules/finding.js';
import { isDirectory } from './is-directory.js';
import { refusePath, type WorkspaceView } from './workspace-paths.js';

const maximumEntries = 4096;
const maximumMatches = 512;
const maximumPieces = 24;

/**
 * Gives the words a shell would make of a pattern: the sorted matching file names, or the pattern itself when
 * nothing matches (POSIX.1-2024, XCU 2.14). Directories outside the workspace are never read: they are refused.
 */
export function expandGlob(word: ParsedWord, view: WorkspaceView): readonly Token[] | Finding {
  const { span, value } = word;
  const refusal: Finding = { rule: 'shell.syntax.glob', span, detail: value };
  const pieces = word.pieces ?? [];
  if (pieces.length > maximumPieces) return refusal;
  const segments = splitSegments(pieces);
  // Text that looks like an address or an option value is not a file pattern in practice.
  if (!segments) return refusal;
  let budget = maximumEntries;
  let found: string[] = [''];
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment.pattern === undefined) {
      found = found.map((prefix) => prefix + segment.text + (last ? '' : '/'));
      continue;
    }
    // A shell may match `.` and `..` here; this policy would not.
    if (segment.text.startsWith('.') && segment.pattern.test('..')) return refusal;
    const next: string[] = [];
    for (const prefix of found) {
      const problem = refusePath({ value: prefix === '' ? '.' : prefix, span, access: 'read' }, view);
      if (problem) return problem;
      const entries = readDirectory(prefix, view);
      budget -= entries.length;
      if (budget < 0) return refusal;
      for (const { name, leads } of entries) {
        if (name.startsWith('.') && !segment.text.startsWith('.')) continue;
        if (!segment.pattern.test(name)) continue;
        if (last) next.push(prefix + name);
        else if (leads(prefix + name)) next.push(`${prefix}${name}/`);
      }
    }
    if (next.length > maximumMatches) return refusal;
    found = next;
    if (found.length === 0) break;
  }
  // A literal tail behind a pattern (`*/package.json`) has not been looked at yet.
  const literalTail = segments.at(-1)?.pattern === undefined;
  const matches = (literalTail ? found.filter((path) => exists(path, view)) : found).sort();
  return matches.length === 0 ? [{ value, span }] : matches.map((path) => ({ value: path, span }));
}

interface Segment {
  readonly text: string;
  readonly pattern: RegExp | undefined;
}

function splitSegments(pieces: readonly Piece[]): Segment[] | undefined {
  const segments: { text: string; source: string; pattern: boolean }[] = [
    { text: '', source: '', pattern: false },
  ];
  for (const piece of pieces) {
    if (piece.pattern) {
      const source = patternSource(piece.text);
      const segment = segments.at(-1);
      if (source === undefined || !segment) return undefined;
      segment.text += piece.text;
      segment.source += source;
      segment.pattern = true;
      continue;
    }
    for (const [index, part] of piece.text.split('/').entries()) {
      if (index > 0) segments.push({ text: '', source: '', pattern: false });
      const segment = segments.at(-1);
      if (!segment) return undefined;
      segment.text += part;
      segment.source += part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    }
  }
  if (segments.filter(({ pattern }) => pattern).length > 4) return undefined;
  // Each further star multiplies the backtracking of the expression below.
  if (segments.some(({ source }) => source.split('[^/]*').length > 5)) return undefined;
  // A shell keeps every slash that was written; behind a pattern bash does not (`*//x`).
  const double = segments.findIndex(({ text }, at) => at > 0 && at < segments.length - 1 && text === '');
  if (double > 0 && segments.slice(0, double).some(({ pattern }) => pattern)) return undefined;
  if (segments.at(-1)?.text === '' && segments.at(-2)?.text === '') return undefined;
  return segments.map(({ text, source, pattern }) => ({
    text,
    pattern: pattern ? new RegExp(`^(?:${source})$`, 'su') : undefined,
  }));
}

function patternSource(text: string): string | undefined {
  if (/^\*+$/.test(text)) return '[^/]*';
  if (text === '?') return '[^/]';
  // `[^a]` means different things in different shells.
  const bracket = /^\[(!?)(\]?[A-Za-z0-9_.,+@% -]*)\]$/.exec(text);
  if (!bracket) return undefined;
  const body = (bracket[2] ?? '').replace(/\]/g, '\\]').replace(/^-|-$/g, '\\-');
  try {
    const source = `[${bracket[1] === '' ? '' : '^'}${body}]`;
    new RegExp(source, 'u');
    return source;
  } catch {
    return undefined;
  }
}

interface Entry {
  readonly name: string;
  /** Whether a slash may stand behind the path of this entry: it is a directory, or a link to one. */
  readonly leads: (path: string) => boolean;
}

function readDirectory(prefix: string, view: WorkspaceView): Entry[] {
  try {
    return readdirSync(absolute(prefix, view), { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      leads: (path) => entry.isDirectory() || (entry.isSymbolicLink() && isDirectory(absolute(path, view))),
    }));
  } catch {
    return [];
  }
}

const absolute = (path: string, view: WorkspaceView): string =>
  path.startsWith('/') ? path : `${view.realCwd}/${path}`;

// The kernel reads a slash or a dot at the end as a shell does: what stands before it must be a directory.
function exists(path: string, view: WorkspaceView): boolean {
  try {
    return lstatSync(absolute(path, view), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
