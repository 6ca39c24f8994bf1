/**
 * Refuses options that are no object, and options that do not exist: a misspelt one would silently not hold.
 *
 * @param owner Begins the name of each option, as in `quota.`; empty for the options of a call.
 * @throws TypeError naming the option.
 */
export function checkKeys(options: unknown, known: readonly string[], owner = ''): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(
      owner === '' ? 'options must be an object' : `option "${owner.slice(0, -1)}" must be an object`,
    );
  }
  for (const key in options) {
    if (!known.includes(key)) throw new TypeError(`option "${owner}${key}" is unknown`);
  }
}
