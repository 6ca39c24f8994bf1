/** A piece of text, or a character that is shown by its name (`mark`) because it would show nothing or mislead. */
export interface InertPart {
  readonly text: string;
  readonly mark?: string;
}

const NAMES: Readonly<Record<string, string>> = {
  '\u001b': 'ESC',
  '\u0000': 'NUL',
  '\u0007': 'BEL',
  '\u0008': 'BS',
  '\r': 'CR',
  '\u007f': 'DEL',
  '\u00ad': 'SHY',
  '\u061c': 'ALM',
  '\u200b': 'ZWSP',
  '\u200c': 'ZWNJ',
  '\u200d': 'ZWJ',
  '\u200e': 'LRM',
  '\u200f': 'RLM',
  '\u202a': 'LRE',
  '\u202b': 'RLE',
  '\u202c': 'PDF',
  '\u202d': 'LRO',
  '\u202e': 'RLO',
  '\u2060': 'WJ',
  '\u2066': 'LRI',
  '\u2067': 'RLI',
  '\u2068': 'FSI',
  '\u2069': 'PDI',
  '\ufeff': 'BOM',
};

// Controls but tab and line feed; characters that show nothing or change the direction. The one exception makes a sign
// colourful and is everywhere in honest text.
const MISLEADING =
  /(?![\t\n])(?!(?<=\p{Emoji})\ufe0f)[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Zl}\p{Zp}\ufff9-\ufffb]/gu;

/** Splits text at the characters that would be invisible or would mislead. */
export function inertParts(text: string): readonly InertPart[] {
  const parts: InertPart[] = [];
  let from = 0;
  for (const match of text.matchAll(MISLEADING)) {
    const [character] = match;
    // The end of a line as Windows and HTTP write it is no trick.
    if (character === '\r' && text[match.index + 1] === '\n') {
      if (match.index > from) parts.push({ text: text.slice(from, match.index) });
      from = match.index + 1;
      continue;
    }
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ text: codePoint(character), mark: NAMES[character] ?? codePoint(character) });
    from = match.index + character.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

/** Gives where a text has to end so that at most so many of its characters are marked. */
export function endOfMarks(text: string, most: number): number {
  let marks = 0;
  for (const { 0: character, index } of text.matchAll(MISLEADING)) {
    if (character === '\r' && text[index + 1] === '\n') continue;
    if (marks === most) return index;
    marks += 1;
  }
  return text.length;
}

/** Gives text in which those characters are replaced by their names in angle brackets, for places that take text only. */
export function inertString(text: string): string {
  return inertParts(text)
    .map((part) => (part.mark === undefined ? part.text : `⟨${part.mark}⟩`))
    .join('');
}

/** Longest name in a label; those that the API takes are shorter. */
const LABEL = 200;

/** Gives a name as {@link inertString} does, cut to what a label can hold. */
export function inertLabel(name: string): string {
  return inertString(name.length > LABEL ? `${name.slice(0, LABEL)}…` : name);
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
