import type { SimpleCommand } from './parse-command.js';
import type { ParsedWord } from './word.js';

// Single blanks between words of characters that mean nothing to any shell, in any place.
const plain = /^[\w./:@%+,-]+(?: [\w./:@%+,-]+)*$/;
const reserved =
  /^(?:if|then|else|elif|fi|for|while|until|do|done|case|esac|in|function|select|time|coproc)(?: |$)/;
const longest = 512;
const nothing: readonly never[] = Object.freeze([]);

/**
 * Gives the command of a text without a single character that shells treat specially, or `undefined`; most commands of
 * a working day are such. A test holds it against the parser.
 */
export function readPlainCommand(text: string): SimpleCommand | undefined {
  if (text.length > longest || !plain.test(text) || reserved.test(text)) return undefined;
  const words: ParsedWord[] = [];
  for (let start = 0; start < text.length;) {
    const blank = text.indexOf(' ', start);
    const end = blank < 0 ? text.length : blank;
    words.push({ value: text.slice(start, end), span: [start, end] });
    start = end + 1;
  }
  const [first, ...rest] = words;
  if (!first) return undefined;
  return {
    assignments: nothing,
    words: [first, ...rest],
    redirects: nothing,
    span: [0, text.length],
    canonical: text,
  };
}
