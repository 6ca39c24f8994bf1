/** What fetch sends unless the caller says otherwise (Fetch sections 4.1, 4.6). */
const DEFAULTS: readonly (readonly [name: string, value: string])[] = [
  ['accept', '*/*'],
  ['accept-language', '*'],
  ['sec-fetch-mode', 'cors'],
  ['user-agent', 'undici'],
];

/** Gives the headers of a request: the caller's, the media type that a body brings along, and those of every fetch. */
export function wireHeaders(
  given: readonly (readonly [name: string, value: string])[],
  type: string | undefined,
  secure: boolean,
): readonly (readonly [name: string, value: string])[] {
  const has = (wanted: string): boolean => given.some(([name]) => name === wanted);
  const headers = [...given, ...DEFAULTS.filter(([name]) => !has(name))];
  if (type !== undefined && !has('content-type')) headers.push(['content-type', type]);
  if (!has('accept-encoding')) {
    // A part of a coded body could not be decoded.
    const codings = has('range') ? 'identity' : secure ? 'br, gzip, deflate' : 'gzip, deflate';
    headers.push(['accept-encoding', codings]);
  }
  return headers;
}
