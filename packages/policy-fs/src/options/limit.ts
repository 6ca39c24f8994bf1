/**
 * Gives how many results are wanted at most, or the fallback where it is left out.
 *
 * @throws TypeError naming the option.
 */
export function limitOf(name: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw new TypeError(`option "${name}" must be a whole number, 1 or more`);
  }
  return value as number;
}
