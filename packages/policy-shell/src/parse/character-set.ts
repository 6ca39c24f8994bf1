/** ASCII characters by code: 1 for those that belong. */
export type CharacterSet = Uint8Array;

/** Gives the ASCII characters that a pattern matches, for looks that every word of every command gets. */
export function characterSet(pattern: RegExp): CharacterSet {
  return Uint8Array.from({ length: 128 }, (_, code) => (pattern.test(String.fromCharCode(code)) ? 1 : 0));
}

/** Whether a text from a place on consists of such characters alone. */
export function isMadeOf(text: string, set: CharacterSet, start = 0): boolean {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= set.length || set[code] === 0) return false;
  }
  return true;
}
