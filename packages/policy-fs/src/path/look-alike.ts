/**
 * Gives the form under which file systems and people take names for the same: compatibility composed, case folded,
 * ignorable code points, streams, outer blanks and trailing dots removed. HFS+ ignores code points (CVE-2014-9390),
 * NTFS knows streams and short names.
 */
export function foldName(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]/gu, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKC')
    .replace(/:.*$/su, '')
    .replace(/[.\s]+$/u, '')
    .replace(/^\s+/u, '');
}

/** Tells whether a name could reach one of the protected names on some file system. */
export class LookAlikes {
  readonly #folded: ReadonlySet<string>;
  readonly #short: ReadonlySet<string>;

  constructor(protectedNames: readonly string[]) {
    const folded = protectedNames.map(foldName);
    this.#folded = new Set(folded);
    // NTFS 8.3 names: up to six characters without leading dots, a tilde and a digit.
    this.#short = new Set(folded.map((name) => name.replace(/^\.+/, '').slice(0, 6)));
  }

  has(name: string): boolean {
    const folded = foldName(name);
    if (this.#folded.has(folded)) return true;
    const short = /^([^~]{1,6})~\d+$/.exec(folded)?.[1];
    return short !== undefined && this.#short.has(short);
  }
}
