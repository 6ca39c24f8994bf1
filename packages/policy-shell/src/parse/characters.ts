import type { Finding } from '../rules/finding.js';

const maximumBytes = 8192;

// C0 without tab and line feed, DEL and C1.
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/u;

// Unassigned width: soft hyphen, joiners, bidi marks and isolates, fillers, variation selectors 1-15 and
// supplement, tags, lone surrogates (CVE-2021-42574 and its kin). U+FE0F stays: emoji use it.
const invisible = new RegExp(
  [
    '\\u{ad}', '\\u{34f}', '\\u{61c}', '[\\u{115f}\\u{1160}]', '[\\u{17b4}\\u{17b5}]', '[\\u{180b}-\\u{180f}]',
    '[\\u{200b}-\\u{200f}]', '[\\u{2028}-\\u{202e}]', '[\\u{2060}-\\u{206f}]', '\\u{3164}', '[\\u{fe00}-\\u{fe0e}]',
    '\\u{feff}', '\\u{ffa0}', '[\\u{fff0}-\\u{ffff}]', '[\\u{d800}-\\u{dfff}]', '[\\u{1bca0}-\\u{1bca3}]',
    '[\\u{1d173}-\\u{1d17a}]', '[\\u{e0000}-\\u{e0fff}]',
  ].join('|'),
  'u',
); // prettier-ignore

const spaces = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/u;

const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/** Gives the first objection to the raw text: type, size and characters that a reader cannot see. */
export function refuseText(text: string): Finding | undefined {
  if (
    text.length > maximumBytes ||
    (text.length * 3 > maximumBytes && Buffer.byteLength(text) > maximumBytes)
  ) {
    return { rule: 'shell.syntax.too-long' };
  }
  if (!/\S/.test(text)) return { rule: 'shell.syntax.empty' };
  if (!/^[\t\n\x20-\x7e]*$/.test(text)) {
    const finding = refuseHidden(text);
    if (finding) return finding;
  }
  // The parser is quadratic in the number of here-documents.
  if (text.includes('<<') && text.split('<<').length > 17) {
    return { rule: 'shell.syntax.too-complex', detail: 'more than 16 here-documents' };
  }
  const expansions = refuseExpansions(text);
  if (expansions) return expansions;
  const joined = text.indexOf('\\\n');
  if (joined >= 0) return { rule: 'shell.syntax.line-continuation', span: [joined, joined + 2] };
  return undefined;
}

// The parser is quadratic in the number of expansions inside one another. Up to this many it does not show.
const mostDollars = 160;
// What a shell reads as plain text whatever stands inside: escaped characters, single quotes, double quotes without
// anything to expand. A comment counts as none of these. Sticky, so that it is read once.
const inert = /\\[^]|'[^']*'|"(?:[^"\\$`]|\\[^])*"|[^\\'"$`<>#]|[<>](?![<(])/y;

// None of them is resolved, so what has one outside quotes is refused sooner or later; with very many it is at once.
function refuseExpansions(text: string): Finding | undefined {
  if (text.length <= mostDollars || text.split('$').length <= mostDollars) return undefined;
  for (inert.lastIndex = 0; inert.lastIndex < text.length;)
    if (!inert.test(text))
      return { rule: 'shell.syntax.too-complex', detail: `more than ${mostDollars} dollar signs` };
  return undefined;
}

function refuseHidden(text: string): Finding | undefined {
  for (const [pattern, rule] of [
    [control, 'shell.syntax.control-character'],
    [invisible, 'shell.syntax.invisible-character'],
  ] as const) {
    const found = pattern.exec(text);
    if (found) {
      return { rule, span: [found.index, found.index + found[0].length], detail: codePoint(found[0]) };
    }
  }
  return undefined;
}

/** Gives the objection to white space that a shell does not split at but a reader does, in unquoted text. */
export function refuseSpace(text: string, start: number): Finding | undefined {
  const found = spaces.exec(text);
  if (!found) return undefined;
  const at = start + found.index;
  return { rule: 'shell.syntax.unusual-space', span: [at, at + 1], detail: codePoint(found[0]) };
}
