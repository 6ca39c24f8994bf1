import { Response } from 'undici';
import type { WireResponse } from './exchange.js';

/** What a response says of the way to it. */
export interface ResponsePlace {
  readonly url: string;
  readonly redirected: boolean;
}

/** Gives the first value of a header, without regard to case. */
export function headerOf(headers: WireResponse['headers'], wanted: string): string | null {
  for (const [name, value] of headers) {
    if (name.length === wanted.length && name.toLowerCase() === wanted) return value;
  }
  return null;
}

/** Gives the media type; what holds more than one counts as none that a gate may admit: readers differ in which they take. */
export function contentTypeOf(headers: WireResponse['headers']): string | null {
  let found: string | null = null;
  for (const [name, value] of headers) {
    if (name.toLowerCase() !== 'content-type') continue;
    if (found !== null) return ',';
    found = value;
  }
  return found;
}

/** A response that knows where it came from, which the constructor of Response does not take. */
class GuardedResponse extends Response {
  override readonly url: string;
  override readonly redirected: boolean;

  constructor(body: WireResponse['body'], init: ResponseInit, { url, redirected }: ResponsePlace) {
    super(body, init as ConstructorParameters<typeof Response>[1]);
    this.url = url;
    this.redirected = redirected;
  }

  override clone(): GuardedResponse {
    const { body, status, statusText, headers } = super.clone();
    return new GuardedResponse(body, { status, statusText, headers: [...headers] }, this);
  }
}

/** Gives the response that the caller of fetch gets. */
export function toResponse(
  { status, statusText, headers, body }: WireResponse,
  place: ResponsePlace,
): globalThis.Response {
  // The constructor takes 200 to 599; a server may say 999, and fetch then says so too.
  const known = status >= 200 && status <= 599;
  // Older servers write their reason phrase in Latin-1, which arrives as something that the constructor refuses.
  const phrase = statusText.replace(/[^\u0020-\u007e]/g, '?');
  const init = { status: known ? status : 200, statusText: phrase, headers };
  const response = new GuardedResponse(body, init, place);
  if (!known) Object.defineProperties(response, { status: { value: status }, ok: { value: false } });
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- same shape, other copy of undici
  return response;
}
