// Letters of other scripts that look like the ASCII ones in the names we protect (Unicode TR39, the few that matter).
const confusable: Readonly<Record<string, string>> = {
  ı: 'i', і: 'i', ɩ: 'i', ο: 'o', о: 'o', ѕ: 's', с: 'c', ϲ: 'c', е: 'e', а: 'a', ո: 'n', ɡ: 'g', ց: 'g',
  ԍ: 'g', ј: 'j', т: 't', ӏ: 'l', ƒ: 'f', '․': '.', '‥': '..', '…': '...', '⁄': '/', '∕': '/', '⧸': '/',
}; // prettier-ignore

/** Gives the name in lower case with compatibility forms, marks and confusable letters replaced by ASCII. */
export function plainName(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return name.toLowerCase();
  let plain = '';
  for (const character of name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()) {
    plain += confusable[character] ?? character;
  }
  return plain;
}

/** Whether a non-ASCII name reads like `.`, `..`, a path, or one of the given names. */
export function isLookAlike(name: string, names: readonly string[]): boolean {
  if (/^[\x20-\x7e]*$/.test(name)) return false;
  const plain = plainName(name);
  if (plain === '.' || plain === '..' || plain === '.git') return true;
  // A full-width slash or dot inside a name: `．．／secret`.
  return plain.startsWith('../') || plain.includes('/../') || names.includes(plain);
}
