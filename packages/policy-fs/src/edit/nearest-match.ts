const MAX_LINES = 5_000;
const MAX_LINE_CHARS = 200;
const WORTH_SHOWING = 0.5;

/** The line of a file that comes nearest to what was looked for. */
export interface NearestMatch {
  /** Line number, from 1. */
  readonly line: number;
  /** The line, cut to 200 characters. */
  readonly text: string;
}

/**
 * Gives the line that resembles the first telling line of the wanted text most, by shared pairs of characters (Dice
 * coefficient), or `undefined` when none does. Looks at the first 5,000 lines.
 */
export function nearestMatch(body: string, wanted: string): NearestMatch | undefined {
  const needle = wanted
    .split('\n')
    .map((line) => line.trim().slice(0, MAX_LINE_CHARS))
    .find((line) => line !== '');
  if (needle === undefined || needle.length < 2) return undefined;
  const pairs = pairsOf(needle);
  let best: NearestMatch | undefined;
  let bestScore = WORTH_SHOWING;
  for (const [index, line] of body.split('\n', MAX_LINES).entries()) {
    const text = line.trim().slice(0, MAX_LINE_CHARS);
    // Lengths alone bound the score.
    if (text.length < needle.length / 3 || text.length > needle.length * 3) continue;
    const score = similarity(pairs, pairsOf(text));
    if (score <= bestScore) continue;
    bestScore = score;
    best = { line: index + 1, text: line.replace(/\r$/, '').slice(0, MAX_LINE_CHARS) };
  }
  return best;
}

function pairsOf(text: string): Map<string, number> {
  const pairs = new Map<string, number>();
  for (let at = 0; at + 1 < text.length; at += 1) {
    const pair = text.slice(at, at + 2);
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  return pairs;
}

function similarity(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let shared = 0;
  let total = 0;
  for (const [pair, count] of a) {
    shared += Math.min(count, b.get(pair) ?? 0);
    total += count;
  }
  for (const count of b.values()) total += count;
  return total === 0 ? 0 : (2 * shared) / total;
}
