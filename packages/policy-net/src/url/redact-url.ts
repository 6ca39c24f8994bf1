/** A scheme that no `//` follows: what comes after it has no parts that could be told apart. */
const opaque = /^[\u0000-\u0020]*([A-Za-z][A-Za-z0-9+.-]{0,63}):(?![/\\]{2})/;
const lastAt = /^[^]*(?:@|%40|\uFE6B|\uFF20)/i;
/** What stands where a port should be, up to the end of the authority. */
const noPort = /^((?:\[[^\]]*\]|[^/?#\\:[\]…])*):(?![0-9]{0,5}(?:[/?#\\]|$))[^/?#\\]*/;
const longRun = /[A-Za-z0-9_-]{20,}/g;
/** Shorter paths hold no run that is looked at. */
const SHORTEST = 20;

/**
 * Gives a URL for logs: no user information, no query, no fragment, no token in the path, at most 512 characters.
 * Never throws.
 */
export function redactUrl(value: unknown): string {
  if (value instanceof URL) {
    if (value.origin === 'null') return `${value.protocol}…`.slice(0, 512);
    const query = value.search === '' ? '' : '?…';
    return `${value.origin}${hideTokens(value.pathname)}${query}`.slice(0, 512);
  }
  if (typeof value !== 'string') return typeof value;
  const [, bare] = opaque.exec(value) ?? [];
  if (bare !== undefined) return `${bare}:…`;
  const scheme = /^[^/?#\\@]{0,64}?[/\\]{1,8}/.exec(value)?.[0] ?? '';
  const rest = value.slice(scheme.length);
  const hidden = lastAt.exec(rest)?.[0].length ?? 0;
  // Readers differ in where user information ends, so all before the last @ goes; behind a query it is no host either.
  const shown = /[?#]/.test(rest.slice(0, hidden))
    ? '…'
    : `${hidden === 0 ? '' : '…@'}${withoutSecrets(rest.slice(hidden).replace(/[?#][^]*$/, '?…'))}`;
  return `${scheme}${shown}`.slice(0, 512).replace(/[\u0000-\u001f\u007f-\u009f]/g, '\uFFFD');
}

function withoutSecrets(rest: string): string {
  const named = rest.replace(noPort, '$1:…');
  const path = named.search(/[/?#\\]/);
  return path < 0 ? named : named.slice(0, path) + hideTokens(named.slice(path));
}

/** Gives a path without what looks like a token: some services take their credentials there (`/bot123:AAH…/send`). */
export function hideTokens(path: string): string {
  if (path.length < SHORTEST) return path;
  return path.replace(longRun, (run) => (isToken(run) ? `${run.slice(0, 4)}…` : run));
}

/** Digits and letters mixed over a length that no word, date or UUID has. */
function isToken(run: string): boolean {
  const pieces = run.split(/[_-]/);
  if (pieces.some((piece) => piece.length >= 16 && /\d/.test(piece) && /[a-z]/i.test(piece))) return true;
  return /[a-z]/.test(run) && /[A-Z]/.test(run) && pieces.some((piece) => /[a-z]\d|\d[a-z]/i.test(piece));
}

/** Gives host and port as a URL that cannot be parsed names them, as far as it does: for records, never for judging. */
export function namedPlace(shown: string): { readonly host: string; readonly port: number } {
  const parts = /^[a-z][a-z0-9+.-]*:[/\\]+(?:…@)?(\[[^\]]*\]|[^/?#\\:…]*)(?::([0-9]{1,5}))?/i.exec(shown);
  const [, host = '', port = '0'] = parts ?? [];
  return { host: host.slice(0, 253), port: Number(port) };
}
