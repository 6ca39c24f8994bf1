const decoded: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'deflate', 'br']);

/**
 * Judges a Content-Encoding header: chains of codings are how a small body becomes a huge one (CVE-2026-22036), and a
 * coding that is not decoded here would reach the caller as bytes of another type than the header says.
 */
export function judgeCodings(
  header: string | undefined,
  maxCodings: number,
): 'plain' | 'coded' | 'too many' | 'unknown' {
  if (header === undefined) return 'plain';
  const codings = codingsOf(header);
  if (codings.length === 0 || (codings.length === 1 && codings[0] === 'identity')) return 'plain';
  if (codings.length > maxCodings) return 'too many';
  return codings.every((coding) => decoded.has(coding)) ? 'coded' : 'unknown';
}

/** Gives the codings of a Content-Encoding header in the order in which they were applied. */
export function codingsOf(header: string): readonly string[] {
  return header
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '');
}
