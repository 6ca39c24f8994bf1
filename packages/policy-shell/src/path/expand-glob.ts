import { readdirSync } from 'node:fs';
import type { ParsedWord, Piece } from '../parse/word.js';
import type { Finding, Token } from '../rules/finding.js';
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
  let found: string[] = [value.startsWith('/') ? '/' : ''];
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
      for (const { name, directory } of entries) {
        if (name.startsWith('.') && !segment.text.startsWith('.')) continue;
        if (!last && !directory) continue;
        if (segment.pattern.test(name)) next.push(prefix + name + (last ? '' : '/'));
      }
    }
    if (next.length > maximumMatches) return refusal;
    found = next;
    if (found.length === 0) break;
  }
  const matches = found.filter((path) => exists(path, segments, view)).sort();
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
  const useful = segments.filter(
    ({ text }, index) => text !== '' || (index > 0 && index === segments.length - 1),
  );
  if (useful.filter(({ pattern }) => pattern).length > 4) return undefined;
  // Each further star multiplies the backtracking of the expression below.
  if (useful.some(({ source }) => source.split('[^/]*').length > 5)) return undefined;
  return useful.map(({ text, source, pattern }) => ({
    text,
    pattern: pattern ? new RegExp(`^(?:${source})$`, 'su') : undefined,
  }));
}

function patternSource(text: string): string | undefined {
  if (/^\*+$/.test(text)) return '[^/]*';
  if (text === '?') return '[^/]';
  const bracket = /^\[([!^]?)(\]?[A-Za-z0-9_.,+@% -]*)\]$/.exec(text);
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

function readDirectory(prefix: string, view: WorkspaceView): { name: string; directory: boolean }[] {
  try {
    const path = prefix.startsWith('/') ? prefix : `${view.realCwd}/${prefix}`;
    return readdirSync(path, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      directory: entry.isDirectory() || entry.isSymbolicLink(),
    }));
  } catch {
    return [];
  }
}

// A literal tail behind a pattern (`*/package.json`) has not been looked at yet.
function exists(path: string, segments: readonly Segment[], view: WorkspaceView): boolean {
  if (segments.at(-1)?.pattern) return true;
  const slash = path.replace(/\/$/, '').lastIndexOf('/');
  const directory = slash < 0 ? '' : path.slice(0, slash + 1);
  const name = path.replace(/\/$/, '').slice(slash + 1);
  const entry = readDirectory(directory, view).find((candidate) => candidate.name === name);
  return entry !== undefined && (!path.endsWith('/') || entry.directory);
}
