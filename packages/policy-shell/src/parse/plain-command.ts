import { quoteWord } from '../quote-argv.js';
import { isNonEmpty } from './non-empty.js';
import type { SimpleCommand } from './parse-command.js';
import type { ParsedWord } from './word.js';

const longest = 512;
const nothing: readonly never[] = Object.freeze([]);
const blank = 0x20;
const dash = 0x2d;
const double = 0x22;
const single = 0x27;

// What may stand where, by character code: characters that mean nothing to any shell in that place.
const inWord = 1;
const inOption = 2;
const inSingle = 4;
const inDouble = 8;
const places = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  const printable = code >= 0x20 && code < 0x7f;
  const word = /[\w./:@%+,-]/.test(character);
  return (
    (word ? inWord : 0) |
    (word || character === '=' ? inOption : 0) |
    (printable && code !== single ? inSingle : 0) |
    // `!` would be a history expansion in an interactive shell.
    (printable && !'"$`\\!'.includes(character) ? inDouble : 0)
  );
});

const reserved: ReadonlySet<string> = new Set(
  'if then else elif fi for while until do done case esac in function select time coproc'.split(' '),
);

/**
 * Gives the command of a text that reads the same in every POSIX shell, or `undefined`: words of plain characters, options with a
 * value behind `=`, and words that are quoted as a whole, with single blanks between. Most commands of a working day are
 * such. A test holds it against the parser.
 */
export function readPlainCommand(text: string): SimpleCommand | undefined {
  const { length } = text;
  if (length > longest) return undefined;
  const words: ParsedWord[] = [];
  // The canonical form up to a place, where it differs from the text.
  let canonical = '';
  let copied = 0;
  for (let start = 0; ;) {
    const first = text.charCodeAt(start);
    let end;
    if (first === single || first === double) {
      if (start === 0) return undefined;
      end = endOf(text, start + 1, first === single ? inSingle : inDouble);
      if (text.charCodeAt(end) !== first) return undefined;
      const value = text.slice(start + 1, end);
      end += 1;
      words.push({ value, span: [start, end] });
      const spelled = quoteWord(value);
      if (first === double || spelled === value) {
        canonical += text.slice(copied, start) + spelled;
        copied = end;
      }
    } else {
      end = endOf(text, start, first === dash && start > 0 ? inOption : inWord);
      if (end === start) return undefined;
      const value = text.slice(start, end);
      if (start === 0 && reserved.has(value)) return undefined;
      words.push({ value, span: [start, end] });
    }
    if (end === length) break;
    if (text.charCodeAt(end) !== blank) return undefined;
    start = end + 1;
  }
  if (!isNonEmpty(words)) return undefined;
  return {
    assignments: nothing,
    words,
    redirects: nothing,
    span: [0, length],
    plain: true,
    canonical: copied === 0 ? text : canonical + text.slice(copied),
  };
}

// Gives where the run of characters that may stand in a place ends.
function endOf(text: string, start: number, place: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= places.length || ((places[code] ?? 0) & place) === 0) return at;
  }
  return text.length;
}
