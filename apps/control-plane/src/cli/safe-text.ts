// Escape sequences of terminals: CSI, OSC (ended by BEL or ST), and the two-character ones.
const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
// Everything else that moves a cursor, hides text or changes its direction; newline and tab stay.
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Gives text of an agent in a form that a terminal only shows: sequences are gone, control characters are spelled out. */
export function safeText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(SEQUENCES, '')
    .replace(INVISIBLE, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);
}

/** The same on one line, cut at `limit` characters. */
export function safeLine(text: string, limit = 200): string {
  const line = safeText(text).replace(/\s*\n\s*/g, ' ⏎ ');
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}
