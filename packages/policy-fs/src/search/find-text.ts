// Up to this many characters the search of the engine knows how far it may skip (kBMMaxShift of V8).
const NATIVE_CHARS = 250;

/** Gives where a text is found from an index on, or a negative number. */
export type TextFinder = (text: string, from: number) => number;

/**
 * Gives a search whose time grows with the lengths only. `indexOf` compares a long wanted text again at every place where
 * most of it is found: 20,000 characters in a file of a million take a minute.
 */
export function textFinder(wanted: string): TextFinder {
  if (wanted.length <= NATIVE_CHARS) return (text, from) => text.indexOf(wanted, from);
  const borders = bordersOf(wanted);
  return (text, from) => {
    let matched = 0;
    for (let at = from; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      while (matched > 0 && wanted.charCodeAt(matched) !== unit) matched = borders[matched - 1] ?? 0;
      if (wanted.charCodeAt(matched) === unit) matched += 1;
      if (matched === wanted.length) return at - matched + 1;
    }
    return -1;
  };
}

/** For each beginning of a text, the length of the longest shorter one that it ends with (Knuth, Morris and Pratt). */
function bordersOf(text: string): Int32Array {
  const borders = new Int32Array(text.length);
  let length = 0;
  for (let at = 1; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    while (length > 0 && text.charCodeAt(length) !== unit) length = borders[length - 1] ?? 0;
    if (text.charCodeAt(length) === unit) length += 1;
    borders[at] = length;
  }
  return borders;
}
