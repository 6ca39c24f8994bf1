/** The part in which two texts differ, without the lines that both share at the beginning and at the end. */
export interface ChangedLines {
  /** Number of the first line that differs, from 1. */
  readonly first: number;
  readonly theirLines: string;
  readonly myLines: string;
}

/** Gives the lines in which two texts differ. */
export function changedLines(theirs: string, mine: string): ChangedLines {
  const a = theirs.split('\n');
  const b = mine.split('\n');
  const most = Math.min(a.length, b.length);
  let head = 0;
  while (head < most && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < most - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  return {
    first: head + 1,
    theirLines: a.slice(head, a.length - tail).join('\n'),
    myLines: b.slice(head, b.length - tail).join('\n'),
  };
}
