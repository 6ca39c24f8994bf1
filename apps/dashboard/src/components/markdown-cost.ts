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

const PREFIX = /^(?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$)))*[ \t]*/;

/**
 * Says whether a text is cheap to parse and to show as Markdown. A few bytes can nest thousands of levels, make hundreds
 * of thousands of cells or take seconds; whoever writes them must not stop the page that shows them.
 */
export function isCheapMarkdown(text: string): boolean {
  if (text.length > MOST_CHARACTERS) return false;
  if (count(text, /[*_~`<[\]]/g) > MOST_MARKS) return false;
  const lines = text.split(/\r\n?|\n/);
  if (lines.length > MOST_LINES) return false;
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

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
