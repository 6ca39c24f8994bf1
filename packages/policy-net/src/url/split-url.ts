import { hideTokens } from './redact-url.js';

/** A URL whose rest cannot change what its origin was found to be. */
export interface SplitUrl {
  /** Scheme, `://` and authority as they are written. */
  readonly origin: string;
  /** The path as the WHATWG parser gives it without tokens, and `?…` for a query. */
  readonly shownPath: string;
}

/** Longer ones are rare and not worth remembering. */
const LONGEST = 2_048;
const plain =
  /^([A-Za-z]{2,5}:\/\/[A-Za-z0-9.:[\]-]{1,253})((?:\/(?!%2[Ee])[\w!$&'()*+,;=:@%~-][\w!$&'()*+,;=:@%.~-]*)*\/?)([?#][!-[\]-~]*)?$/;

/**
 * Splits a URL that is printable ASCII and whose path no parser rewrites (no dot segments, nothing to be encoded), so
 * that a verdict about its origin holds for it too. Gives `undefined` for all others, which have to be parsed.
 */
export function splitUrl(raw: unknown): SplitUrl | undefined {
  if (typeof raw !== 'string' || raw.length > LONGEST) return undefined;
  const parts = plain.exec(raw);
  if (parts === null) return undefined;
  const [, origin = '', path = '', tail = ''] = parts;
  const search = tail.startsWith('?') && tail.length > 1 && tail[1] !== '#';
  return { origin, shownPath: (path === '' ? '/' : hideTokens(path)) + (search ? '?…' : '') };
}
