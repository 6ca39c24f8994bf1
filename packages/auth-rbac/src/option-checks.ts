/** Gives the option when it is a whole number in the range, else throws a TypeError that names it. */
export function wholeNumber(name: string, value: unknown, min: number, max: number): number {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    throw new TypeError(`${name} must be a whole number from ${min} to ${max}`);
  }
  return value as number;
}

/** Gives the option when it is a string with something in it, else throws a TypeError that names it. */
export function nonEmptyString(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name} must be a non-empty string`);
  return value;
}

/** Throws a TypeError that names the first option that is not in the list: a misspelt option is not silently ignored. */
export function knownOptions(where: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${where} takes an object of options`);
  }
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new TypeError(`${where} has no option ${JSON.stringify(unknown)}`);
}
