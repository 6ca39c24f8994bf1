import { inertString } from './inert-parts.js';

/** Most characters that are parsed. */
const MOST_CHARACTERS = 20_000;
const MOST_LINES = 1000;
/** Columns that quotes, list marks and indents at the beginning of a line may take: each can open a level of nesting. */
const DEEPEST_PREFIX = 100;
/** Quote and list marks at the beginnings of all lines together. */
const MOST_NESTING = 2000;
/** Characters that may begin or end emphasis, code, a link, a strike or a tag. */
const MOST_MARKS = 2000;
const MOST_COLUMNS = 64;
/** Cells of all tables together, counted as if every block of lines were a table; short rows are filled up. */
const MOST_CELLS = 5000;
/**
 * Characters that references may make of definitions: each of them repeats the address, and parsing makes up to nine
 * characters of one.
 */
const MOST_REFERRED = 200_000;

const PREFIX = /^(?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$)))*[ \t]*/;

/**
 * Says whether a text is cheap to parse and to show as Markdown. A few bytes can nest thousands of levels, make hundreds
 * of thousands of cells, repeat one long address a thousand times or take seconds; whoever writes them must not stop the
 * page that shows them.
 */
export function isCheapMarkdown(written: string): boolean {
  if (written.length > MOST_CHARACTERS) return false;
  // What is parsed: a lone carriage return, for example, ends no line any more.
  const text = inertString(written);
  if (text.length > MOST_CHARACTERS) return false;
  if (count(text, /[*_~`<[\]]/g) > MOST_MARKS) return false;
  const lines = text.split('\n');
  if (lines.length > MOST_LINES) return false;
  if (count(text, /\[/g) * longestDefinition(lines) > MOST_REFERRED) return false;
  let nesting = 0;
  let cells = 0;
  let rows = 0;
  let columns = 0;
  for (const line of lines) {
    const [prefix = ''] = PREFIX.exec(line) ?? [];
    if (prefix.length + 3 * count(prefix, /\t/g) > DEEPEST_PREFIX) return false;
    nesting += count(prefix, /[^ \t\d]/g);
    const pipes = count(line, /\|/g);
    if (pipes > MOST_COLUMNS) return false;
    if (line.trim() === '') {
      cells += rows * columns;
      rows = columns = 0;
    } else {
      rows += 1;
      columns = Math.max(columns, pipes);
    }
  }
  return nesting <= MOST_NESTING && cells + rows * columns <= MOST_CELLS;
}

/** Gives how long the address of a definition can be: it stands behind `]:`, on the same line or on the next. */
function longestDefinition(lines: readonly string[]): number {
  let longest = 0;
  lines.forEach((line, index) => {
    const at = line.indexOf(']:');
    if (at < 0) return;
    const next = /\]:[ \t]*$/.test(line) ? (lines[index + 1]?.length ?? 0) : 0;
    longest = Math.max(longest, line.length - at - 2, next);
  });
  return longest;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
