import { BrokerError } from '../broker-error.js';

/**
 * Gives the headers of a provider call: the operator's extra ones, with the broker's own over them whatever their
 * spelling. @throws BrokerError PROVIDER_MISCONFIGURED for text that no header can carry; it does not repeat the text.
 */
export function requestHeaders(
  extra: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): Headers {
  try {
    const headers = new Headers(extra);
    for (const [name, value] of Object.entries(own)) headers.set(name, value);
    return headers;
  } catch {
    // The engine's message quotes the value, which may be the key.
    throw new BrokerError(
      'PROVIDER_MISCONFIGURED',
      'The api_key or an extra header of this provider has characters that HTTP cannot carry.',
    );
  }
}
