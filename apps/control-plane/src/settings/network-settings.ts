import { isIP } from 'node:net';
import { SettingsError } from './settings-error.js';

/** Whether a host name or address is this machine's own loopback. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare === '::1') return true;
  return isIP(bare) === 4 && bare.startsWith('127.');
}

/** Gives the origin that a URL names. Throws SettingsError when it is more, or less, than an http or https origin. */
export function parseOrigin(text: string, variable: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw new SettingsError(variable, 'expected http:// or https:// with a host', { cause: error });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new SettingsError(variable, 'expected http:// or https:// with a host');
  }
  if (
    url.username !== '' ||
    url.password !== '' ||
    url.search !== '' ||
    url.hash !== '' ||
    url.pathname !== '/'
  ) {
    throw new SettingsError(variable, 'expected an origin without credentials, path, query or fragment');
  }
  return url;
}

/** Gives the origins of a comma-separated list; each must be written exactly as browsers send it. */
export function parseOrigins(text: string | undefined, variable: string): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      if (part.includes('*') || part === 'null') {
        throw new SettingsError(variable, 'expected exact origins; patterns and null are refused');
      }
      const { origin } = parseOrigin(part, variable);
      if (origin !== part) throw new SettingsError(variable, `expected the exact origin, that is ${origin}`);
      return origin;
    });
}

/**
 * Gives what Express may trust of `X-Forwarded-For`: a number of hops or a list of addresses and networks. `true`, `*` and
 * networks that hold every address are refused: with them any client chooses the address that limits and audit see.
 */
export function parseTrustProxy(
  text: string | undefined,
  variable: string,
): number | readonly string[] | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9]+$/.test(text)) {
    const hops = Number(text);
    if (hops < 1 || hops > 16) throw new SettingsError(variable, 'expected 1 to 16 hops');
    return hops;
  }
  const parts = text.split(',').map((part) => part.trim());
  for (const part of parts) {
    const [address, prefix, ...rest] = part.split('/');
    const family = isIP(address ?? '');
    if (family === 0 || rest.length > 0) {
      throw new SettingsError(variable, 'expected a hop count or a list of addresses and networks');
    }
    const bits = family === 4 ? 32 : 128;
    if (prefix !== undefined && !(/^[0-9]{1,3}$/.test(prefix) && Number(prefix) <= bits)) {
      throw new SettingsError(variable, `expected a prefix length of at most ${bits}`);
    }
    if (prefix !== undefined && Number(prefix) < (family === 4 ? 8 : 7)) {
      throw new SettingsError(variable, 'a network this wide trusts strangers');
    }
  }
  return parts;
}
