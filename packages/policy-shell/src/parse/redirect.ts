import type { Redirection } from 'unbash';
import type { Finding, Span } from '../rules/finding.js';
import { readWord } from './word.js';

/** A redirection whose target is a literal word, as written. Descriptors are 0, 1 and 2 only. */
export type ParsedRedirect =
  | { readonly kind: 'read'; readonly descriptor: 0; readonly target: string; readonly span: Span }
  | {
      readonly kind: 'write' | 'append';
      readonly descriptor: 1 | 2;
      readonly target: string;
      readonly span: Span;
    }
  | {
      readonly kind: 'duplicate';
      readonly descriptor: 1 | 2;
      readonly source: 1 | 2;
      readonly span: Span;
      /** Whether it stands for `&>`, which a POSIX shell reads as `&` and `>`. */
      readonly ampersand?: true;
    }
  | { readonly kind: 'text'; readonly descriptor: 0; readonly text: string; readonly span: Span };

const writeKinds: Readonly<Record<string, 'write' | 'append'>> = {
  '>': 'write',
  '>|': 'write',
  '>>': 'append',
  '&>': 'write',
  '&>>': 'append',
};

/** Gives the redirections one operator stands for (`&>` is two), or the objection to it. */
export function readRedirect(node: Redirection): readonly ParsedRedirect[] | Finding {
  const span: Span = [node.pos, node.end];
  const refusal: Finding = { rule: 'shell.syntax.redirect', span, detail: node.operator };
  if (node.descriptor && node.descriptor.type !== 'FileDescriptor') return refusal;
  const descriptor = node.descriptor?.value;
  if (node.type === 'HereDoc') return readHereDocument(node, span, descriptor);
  if (node.type !== 'Redirect' || !node.target) return { rule: 'shell.syntax.here-document', span };
  const word = readWord(node.target);
  if ('rule' in word) return word;
  // bash expands a pattern here and dash does not; a digit-like or empty name is a slip.
  if (word.pieces || word.value === '') return refusal;
  const target = word.value;
  if (node.operator === '<') {
    return (descriptor ?? 0) === 0 ? [{ kind: 'read', descriptor: 0, target, span }] : refusal;
  }
  if (node.operator === '>&') {
    const from = descriptor ?? 1;
    if ((from !== 1 && from !== 2) || (target !== '1' && target !== '2')) return refusal;
    return [{ kind: 'duplicate', descriptor: from, source: target === '1' ? 1 : 2, span }];
  }
  const kind = writeKinds[node.operator];
  if (kind === undefined) return refusal;
  if (node.operator.startsWith('&')) {
    return descriptor === undefined
      ? [
          { kind, descriptor: 1, target, span },
          { kind: 'duplicate', descriptor: 2, source: 1, span, ampersand: true },
        ]
      : refusal;
  }
  const to = descriptor ?? 1;
  return to === 1 || to === 2 ? [{ kind, descriptor: to, target, span }] : refusal;
}

// bash takes the quotes of `$'E'` for quotes, dash the sign for a part of the delimiter.
const quotedDelimiter = /^(?:'[^'$`\\\n]+'|"[^"$`\\\n]+"|\\?\w+)$/;

// Only a quoted delimiter makes the text literal (POSIX.1-2024, XCU 2.7.4).
function readHereDocument(
  node: Extract<Redirection, { type: 'HereDoc' }>,
  span: Span,
  descriptor: number | undefined,
): readonly ParsedRedirect[] | Finding {
  const { delimiter, closing, body } = node;
  if (
    delimiter?.quoted !== true ||
    !quotedDelimiter.test(delimiter.text) ||
    !closing ||
    body.parts !== undefined ||
    (descriptor ?? 0) !== 0
  ) {
    return { rule: 'shell.syntax.here-document', span };
  }
  const text = node.operator === '<<-' ? body.text.replace(/^\t+/gm, '') : body.text;
  return [{ kind: 'text', descriptor: 0, text, span }];
}
