/**
 * Gives the word for a goal that was measured. One that is missed makes the whole run end with 1, so that whoever starts
 * a benchmark need not read it.
 */
export function verdict(kept: boolean): 'kept' | 'MISSED' {
  if (kept) return 'kept';
  process.exitCode = 1;
  return 'MISSED';
}
