import type { SimpleCommand } from '../parse/parse-command.js';
import type { ParsedRedirect } from '../parse/redirect.js';
import { quoteArgv, quoteWord } from '../quote-argv.js';
import type { Span, Token } from '../rules/finding.js';

/** A command of a line as it was judged, with what stands in front of it in the canonical form of the line. */
export interface LinePart {
  readonly sign: string;
  readonly command: SimpleCommand;
  /** The words with patterns expanded. */
  readonly words: readonly Token[];
}

interface Piece {
  readonly text: string;
  /** Where it was written; absent for what stands between. */
  readonly span?: Span;
}

/** Gives the canonical form of a line: single blanks, quotes only where a shell needs them, patterns expanded. */
export function canonicalForm(parts: readonly LinePart[]): string {
  let form = '';
  for (const { sign, command, words } of parts) form += sign + (command.canonical ?? formOf(command, words));
  return form;
}

function formOf({ assignments, redirects }: SimpleCommand, words: readonly Token[]): string {
  let form = '';
  for (const { name, value } of assignments) form += `${name}=${quoteWord(value)} `;
  form += quoteArgv(words.map(({ value }) => value));
  for (const redirect of redirects) form += ` ${redirectText(redirect)}`;
  return form;
}

/** Gives the place in the canonical form that shows what was written at a place of the command: every piece that it touches. */
export function placeInCanonical(parts: readonly LinePart[], written: Span): Span {
  let at = 0;
  let from = -1;
  let to = 0;
  for (const { text, span } of piecesOf(parts)) {
    const end = at + text.length;
    if (span && span[0] < written[1] && written[0] < span[1]) {
      if (from < 0) from = at;
      to = end;
    }
    at = end;
  }
  return from < 0 ? [0, at] : [from, to];
}

function piecesOf(parts: readonly LinePart[]): Piece[] {
  const pieces: Piece[] = [];
  for (const { sign, command, words } of parts) {
    if (sign !== '') pieces.push({ text: sign });
    const own: Piece[] = [
      ...command.assignments.map(({ name, value, span }) => ({ text: `${name}=${quoteWord(value)}`, span })),
      ...words.map(({ value, span }, index) => ({ text: quoteWord(value, index === 0), span })),
      ...command.redirects.map((redirect) => ({ text: redirectText(redirect), span: redirect.span })),
    ];
    for (const [index, piece] of own.entries()) pieces.push(...(index > 0 ? [{ text: ' ' }] : []), piece);
  }
  return pieces;
}

const signs = { read: '<', write: '>', append: '>>' } as const;

function redirectText(redirect: ParsedRedirect): string {
  if (redirect.kind === 'duplicate') return `${redirect.descriptor}>&${redirect.source}`;
  if (redirect.kind === 'text') return `<<< ${quoteWord(redirect.text)}`;
  return `${redirect.descriptor === 2 ? '2' : ''}${signs[redirect.kind]} ${quoteWord(redirect.target)}`;
}
