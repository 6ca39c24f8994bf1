import { createHash, timingSafeEqual } from 'node:crypto';
import { objectAt } from '../option-checks.js';
import type { Identify } from './proxy-options.js';

/** Gives the SHA-256 of a token in hex: what is stored of it. Meant for random tokens, not for chosen passwords. */
export function credentialDigest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/**
 * Gives an `identify` for Basic credentials: the user name is the agent, the password its token, of which only the
 * digest is known here. Unknown names cost the same comparison as known ones.
 *
 * @throws TypeError naming the agent whose digest is no SHA-256 in hex.
 */
export function identifyByCredentials(digests: Readonly<Record<string, string>>): Identify {
  const known = new Map<string, Buffer>();
  for (const [agent, digest] of Object.entries(objectAt(digests, 'digests'))) {
    if (typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest)) {
      throw new TypeError(`digests.${agent} must be a SHA-256 digest in hex`);
    }
    known.set(agent, Buffer.from(digest, 'hex'));
  }
  const nobody = Buffer.alloc(32);
  return ({ credentials }) => {
    if (credentials === undefined) return undefined;
    const digest = known.get(credentials.username);
    const given = createHash('sha256').update(credentials.password).digest();
    const equal = timingSafeEqual(given, digest ?? nobody);
    return equal && digest !== undefined ? credentials.username : undefined;
  };
}

/** An `identify` that takes the agent of the listener: one unix socket per agent, for whoever may open it. */
export const identifyByListener: Identify = ({ listener }) => listener.agent;

/** Reads `Proxy-Authorization`. Gives `undefined` for none, for several, and for what is no Basic credential. */
export function readBasic(
  values: readonly string[],
): { readonly username: string; readonly password: string } | undefined {
  const [value = ''] = values;
  const token = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(value)?.[1];
  if (values.length !== 1 || token === undefined) return undefined;
  const text = Buffer.from(token, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
