/** ASCII characters by code: 1 for those that belong. */
export type CharacterSet = Uint8Array;

/** Gives the ASCII characters that a pattern matches, for looks that every word of every command gets. */
export function characterSet(pattern: RegExp): CharacterSet {
  return Uint8Array.from({ length: 128 }, (_, code) => (pattern.test(String.fromCharCode(code)) ? 1 : 0));
}

/** Gives where the first character that does not belong stands, or the length of the text. */
export function endOfSet(text: string, set: CharacterSet, start = 0): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= set.length || set[code] === 0) return at;
  }
  return text.length;
}

/** Whether a text from a place on consists of such characters alone. */
export function isMadeOf(text: string, set: CharacterSet, start = 0): boolean {
  return endOfSet(text, set, start) === text.length;
}
