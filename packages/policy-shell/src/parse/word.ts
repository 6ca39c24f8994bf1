import type { Word, WordPart } from 'unbash';
import type { ShellRuleId } from '../rules/catalogue.js';
import type { Finding, Span } from '../rules/finding.js';
import { refuseSpace } from './characters.js';

/** A piece of a word: literal text, or a pattern character sequence that file names are matched with. */
export interface Piece {
  readonly text: string;
  readonly pattern: boolean;
}

/** A word whose quoting is resolved; `pieces` is there exactly when it holds an unquoted pattern. */
export interface ParsedWord {
  readonly value: string;
  readonly span: Span;
  readonly pieces?: readonly Piece[];
}

const refusedParts: Readonly<Record<string, ShellRuleId>> = {
  AnsiCQuoted: 'shell.syntax.ansi-quote',
  LocaleString: 'shell.syntax.ansi-quote',
  SimpleExpansion: 'shell.syntax.variable',
  ParameterExpansion: 'shell.syntax.variable',
  CommandExpansion: 'shell.syntax.command-substitution',
  ArithmeticExpansion: 'shell.syntax.arithmetic',
  ProcessSubstitution: 'shell.syntax.process-substitution',
  ExtendedGlob: 'shell.syntax.extended-glob',
  BraceExpansion: 'shell.syntax.brace',
};

const refusal = (part: { type: string; pos: number; end: number; text: string }): Finding => ({
  rule: refusedParts[part.type] ?? 'shell.syntax.unknown',
  span: [part.pos, part.end],
  detail: part.text,
});

/** Gives the word with quoting resolved, or the objection to it. Only literal text, quotes and globs pass. */
export function readWord(word: Word): ParsedWord | Finding {
  const span: Span = [word.pos, word.end];
  const { parts } = word;
  const brace = refuseBrace(word);
  if (brace) return brace;
  if (parts === undefined) {
    return refuseUnquoted(word.text, word.pos, true) ?? refuseExpansion(word) ?? { value: word.value, span };
  }
  const pieces: Piece[] = [];
  for (const [index, part] of parts.entries()) {
    const problem = readPart(part, index === 0, pieces);
    if (problem) return problem;
  }
  const expansion = refuseExpansion(word);
  if (expansion) return expansion;
  const value = pieces.map((piece) => piece.text).join('');
  if (pieces.some((piece) => piece.pattern)) return { value, span, pieces };
  // A second opinion: if our reading and the parser's differ, one of them is wrong.
  if (value !== word.value) return { rule: 'shell.syntax.unknown', span, detail: word.text };
  return { value, span };
}

// Text in which nothing expands: what a dollar sign means is told by what stands behind it, whatever part of the word that is.
const unexpanded =
  /(?:[^\\$`'"]|\\[^]?|'[^']*'|"(?:[^\\$`"]|\\[^]|\$(?![\w@*#?$!{([-]))*"|\$(?![\w@*#?$!{(['"-]))*/y;

// What the parser leaves in the text although a shell expands it: `$[` where it sees no end of it, which is arithmetic for bash and
// may end in a later word. A second opinion, so that whatever else it may miss is refused too.
function refuseExpansion({ text, pos }: Word): Finding | undefined {
  if (!text.includes('$') && !text.includes('`')) return undefined;
  unexpanded.lastIndex = 0;
  unexpanded.test(text);
  const at = unexpanded.lastIndex;
  if (at >= text.length) return undefined;
  return {
    rule: text.includes('$[', at) ? 'shell.syntax.arithmetic' : 'shell.syntax.unknown',
    span: [pos + at, pos + text.length],
    detail: text.slice(at),
  };
}

// The parser calls some braces literal that bash expands (`{a},}`), so whatever could be an expansion is refused.
function refuseBrace(word: Word): Finding | undefined {
  if (!word.text.includes('{')) return undefined;
  const parts = word.parts ?? [{ type: 'Literal', text: word.text }];
  const unquoted = parts
    .map((part) => (part.type === 'Literal' ? part.text.replace(/\\[^]/g, 'q') : 'q'))
    .join('');
  // In one pass: a pattern over brace, comma and brace would begin anew at every brace.
  const inner = unquoted.slice(unquoted.indexOf('{') + 1, Math.max(0, unquoted.lastIndexOf('}')));
  return unquoted.includes('{') && /,|\.\./.test(inner)
    ? { rule: 'shell.syntax.brace', span: [word.pos, word.end], detail: word.text }
    : undefined;
}

function readPart(part: WordPart, first: boolean, pieces: Piece[]): Finding | undefined {
  switch (part.type) {
    case 'Literal': {
      const problem = refuseUnquoted(part.text, part.pos, first);
      if (problem) return problem;
      pieces.push({ text: part.value, pattern: false });
      return undefined;
    }
    case 'SingleQuoted':
      pieces.push({ text: part.value, pattern: false });
      return undefined;
    case 'DoubleQuoted':
      for (const child of part.parts) {
        if (child.type !== 'Literal') return refusal(child);
        pieces.push({ text: child.value, pattern: false });
      }
      return undefined;
    case 'Glob':
      if (
        part.kind === 'bracket' &&
        part.parts.some(({ type, text }) => (type !== 'Literal' && type !== 'Glob') || text.includes('\\'))
      ) {
        return { rule: 'shell.syntax.glob', span: [part.pos, part.end], detail: part.text };
      }
      pieces.push({ text: part.text, pattern: true });
      return undefined;
    default:
      return refusal(part);
  }
}

// What the parser calls literal but a shell does not: `~` at a word start or behind `=` and `:`, a backslash at the very end (research
// page, section 3, "traps found"), and signs that end a word.
function refuseUnquoted(text: string, start: number, wordStart: boolean): Finding | undefined {
  if (/^[\w./:=@%+,-]*$/.test(text)) return undefined;
  // Reads like an option and is none.
  if (wordStart && /^[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/.test(text)) {
    return { rule: 'shell.workspace.look-alike', span: [start, start + text.length], detail: text };
  }
  const tilde = (wordStart ? /(?:^|[=:])~/ : /[=:]~/).exec(text);
  if (tilde) {
    const at = start + tilde.index + tilde[0].length - 1;
    return { rule: 'shell.syntax.tilde', span: [at, at + 1] };
  }
  // The parser takes `A=()x` for one word.
  if (!/^(?:[^\\()<>;&| \t\n]|\\[^]?)*$/.test(text)) {
    return {
      rule: 'shell.syntax.parse-error',
      span: [start, start + text.length],
      detail: 'a sign of the shell stands in a word',
    };
  }
  if (/(?<!\\)(?:\\\\)*\\$/.test(text)) {
    return {
      rule: 'shell.syntax.parse-error',
      span: [start, start + text.length],
      detail: 'it ends in a backslash',
    };
  }
  return refuseSpace(text, start);
}
