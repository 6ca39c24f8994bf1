const LINE_END = /\r\n?|\n/g;

/** Gives text with the one line end that a text box of a browser knows. */
export function boxText(text: string): string {
  return text.replace(LINE_END, '\n');
}

/**
 * Gives a text that came out of a box the line ends of the text that went in, so that only lines that were edited change
 * in the file: unedited lines at the beginning and at the end keep theirs, new ones get that of the line before.
 */
export function withLineEndsOf(original: string, edited: string): string {
  const ends = original.match(LINE_END) ?? [];
  const before = boxText(original).split('\n');
  const after = boxText(edited).split('\n');
  const added = after.length - before.length;
  const most = Math.min(before.length, after.length);
  let same = 0;
  while (same < most && before[same] === after[same]) same += 1;
  let tail = 0;
  while (tail < most - same && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  let last = ends[0] ?? '\n';
  return after
    .map((line, index) => {
      if (index === after.length - 1) return line;
      const from = index >= after.length - tail ? index - added : index;
      const isNew = index >= same && index < after.length - tail && added !== 0;
      last = (isNew ? undefined : ends[from]) ?? last;
      return line + last;
    })
    .join('');
}
