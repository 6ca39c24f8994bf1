/** Gives text that both databases can hold: PostgreSQL has no NUL in text, and a lone surrogate is not UTF-8. */
export function storableText(text: string): string {
  return text.replace(/[\p{Surrogate}\0]/gu, '\uFFFD');
}
