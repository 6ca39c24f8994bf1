/**
 * Gives a flag, or the fallback where it is left out.
 *
 * @throws TypeError naming the option.
 */
export function flag(name: string, value: unknown, fallback = false): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw new TypeError(`option "${name}" must be true or false`);
  return value;
}
