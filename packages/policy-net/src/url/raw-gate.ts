import { deny, type Verdict } from '../verdict.js';

/** Longest URL that is judged, in UTF-16 code units. */
export const MAX_URL_LENGTH = 32_768;

const suspicious = /[\u0000-\u0020\u007f-\u009f\\\u2028\u2029\ufeff]/;
const loneSurrogate = /\p{Surrogate}/u;
const absolute = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)/;

/** The parts of a URL that were read off the raw string. */
export interface RawUrl {
  /** Lower-case scheme without colon. */
  readonly scheme: string;
  /** The text between `//` and the next `/`, `?` or `#`, as given. */
  readonly authority: string;
}

/**
 * Judges the raw string before any parser sees it. What is refused here is what parsers disagree on (tabs and new
 * lines that WHATWG drops, backslashes that it turns around, missing slashes, percent signs and user info in the
 * authority), so that afterwards the parsed host is the only possible reading.
 */
export function gateRawUrl(raw: string): RawUrl | Verdict {
  if (raw.length > MAX_URL_LENGTH) {
    return deny('net.url.length', `The URL has ${raw.length} characters, more than ${MAX_URL_LENGTH}.`);
  }
  const bad = suspicious.exec(raw);
  if (bad !== null) {
    const code = raw.charCodeAt(bad.index).toString(16).toUpperCase().padStart(4, '0');
    return deny(
      'net.url.character',
      `The URL holds the character U+${code}, on which URL parsers disagree.`,
      {
        span: [bad.index, bad.index + 1],
      },
    );
  }
  if (loneSurrogate.test(raw)) return deny('net.url.character', 'The URL holds half of a surrogate pair.');
  const parts = absolute.exec(raw);
  if (parts === null) {
    return deny('net.url.not-absolute', 'This is no absolute URL of the form scheme://host/path.');
  }
  const [, scheme = '', authority = ''] = parts;
  const start = scheme.length + 3;
  if (authority === '') {
    return deny('net.url.malformed', 'The URL names no host.', { span: [0, start] });
  }
  const at = authority.lastIndexOf('@');
  if (at >= 0) {
    return deny('net.url.userinfo', 'The URL carries user information before the host.', {
      span: [start, start + at + 1],
    });
  }
  const percent = authority.indexOf('%');
  if (percent >= 0) {
    return deny('net.url.percent-host', 'The host is percent-encoded or carries a zone id.', {
      span: [start + percent, start + percent + 1],
    });
  }
  return { scheme: scheme.toLowerCase(), authority };
}
