/** Longest text of one field in UTF-16 units; a longer one is cut and says by how much. */
export const MAX_TEXT = 4096;

// Line breaks, terminal sequences, text that changes direction or cannot be seen, and halves of characters have no place
// in a log line (CWE-117, CVE-2021-42574).
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Gives the text as it is stored: on one line, every character visible, cut at {@link MAX_TEXT} with a mark. */
export function cleanText(text: string): string {
  const cut =
    text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…(${text.length - MAX_TEXT} more characters)` : text;
  return cut.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
