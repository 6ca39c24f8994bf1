/** Tells whether a text has no lone surrogate, which UTF-8 cannot hold. */
export function isWellFormed(text: string): boolean {
  // The lib of the language level lacks isWellFormed; Node 20 has it.
  return (text as string & { isWellFormed: () => boolean }).isWellFormed();
}

/**
 * Refuses a text that would be written as another one: a lone surrogate becomes U+FFFD.
 *
 * @throws TypeError naming the argument.
 */
export function checkText(text: string, name: string): void {
  if (!isWellFormed(text)) {
    throw new TypeError(`argument "${name}" must be well-formed text, without lone surrogates`);
  }
}
