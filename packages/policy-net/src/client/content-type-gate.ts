/** More than any Content-Type header has. */
const MOST_CHARACTERS = 1_024;

/**
 * Compiles media types (`text/*`, `application/json`, `application/*+json`) to a test of a Content-Type header. A
 * response without one counts as `application/octet-stream` (RFC 9110 section 8.3).
 *
 * @throws TypeError naming the option.
 */
export function compileContentTypes(types: readonly string[]): (header: string | null) => boolean {
  if (!Array.isArray(types)) throw new TypeError('contentTypes must be an array');
  const patterns = types.map((type: unknown, index) => {
    const parts =
      typeof type === 'string' ? /^([\w.+-]+|\*)\/([\w.+*-]+)$/.exec(type.trim().toLowerCase()) : null;
    if (parts === null) throw new TypeError(`contentTypes[${index}] must be a media type such as text/*`);
    const [, main = '', sub = ''] = parts;
    const source = `${main}/${sub}`.replace(/[.+]/g, '\\$&').replaceAll('*', '[^/]+');
    return new RegExp(`^${source}$`);
  });
  return (header) => {
    // No media type is as long; an unclosed quote would be searched for from each of its signs.
    if (header !== null && header.length > MOST_CHARACTERS) return false;
    // Two types in one line: readers differ in which they take.
    if (header?.replace(/"(?:[^"\\]|\\.)*"/g, '').includes(',') === true) return false;
    const type = (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
    return patterns.some((pattern) => pattern.test(type === '' ? 'application/octet-stream' : type));
  };
}

/** Gives a Content-Type header in words that a refusal may say: nothing but a media type is repeated. */
export function shownMediaType(header: string | null): string {
  if (header === null || header.trim() === '') return 'no media type';
  const type = header.split(';')[0]?.trim().toLowerCase() ?? '';
  return /^[\w.+-]{1,40}\/[\w.+-]{1,80}$/.test(type) ? type : 'an unclear media type';
}
