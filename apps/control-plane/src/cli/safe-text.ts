// Escape sequences of terminals that only dress text up: CSI, and OSC with its end (BEL or ST) on the same line. One
// without its end is not taken away: it would take what follows along.
const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b\n]*(?:\u0007|\u001b\\))/g;
// Everything else that moves a cursor, hides text or changes its direction, variation selectors and Unicode's invisible
// tags included (Trojan Source, CVE-2021-42574); newline and tab stay.
const INVISIBLE =
  // eslint-disable-next-line no-misleading-character-class -- combining characters are meant one by one
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}\ud800-\udfff]/gu;

/** Gives text of an agent in a form that a terminal only shows: sequences are gone, control characters are spelled out. */
export function safeText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(SEQUENCES, '').replace(INVISIBLE, spellOut);
}

/** The same on one line, cut at `limit` characters. */
export function safeLine(text: string, limit = 200): string {
  // Cut first: a megabyte is not worked through for the sake of one line.
  const line = safeText(text.slice(0, limit * 8)).replace(/\s*\n\s*/g, ' ⏎ ');
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}

/** Gives JSON of a value in which every character that a terminal might obey is escaped; it parses to the same value. */
export function safeJson(value: unknown, indent = 2): string {
  return JSON.stringify(value ?? null, null, indent).replace(INVISIBLE, escapeUnits);
}

function spellOut(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function escapeUnits(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
