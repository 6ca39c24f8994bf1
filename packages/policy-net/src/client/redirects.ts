import type { Decision } from '@clawforce/policy-core';
import { NET_RULES, type NetRule } from '../rules.js';
import { deny, toDecision } from '../verdict.js';
import { isReplayable, type RequestInput } from './request-input.js';

/** Status codes that fetch follows. */
export const REDIRECT_STATUS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Headers that may follow a redirect to another origin. Everything else may be a secret of the first one. */
const CROSS_ORIGIN_HEADERS: ReadonlySet<string> = new Set(['accept', 'accept-language', 'user-agent']);
const bodyHeaders: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-type',
]);

/** Gives the decision about a redirect's target as one about the redirect, the original in its trace. */
export function asRedirect(decision: Decision, policyDigest: string): Decision {
  const rule = `net.redirect.${decision.layer}`;
  if (!Object.hasOwn(NET_RULES, rule)) return decision;
  const verdict = deny(rule as NetRule, `A redirect leads to a refused destination. ${decision.reason}`);
  return toDecision(verdict, decision.input, policyDigest, decision.trace);
}

/**
 * Gives the target of a Location header as a raw URL that is still to be judged: absolute ones as they are written,
 * so that their spelling is judged too, relative ones resolved against the current hop.
 */
export function redirectTarget(location: string, current: URL): string {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(location)) return location;
  if (location.startsWith('//')) return current.protocol + location;
  // A backslash or control character must reach the raw gate, not a parser that turns it around.
  if (/[\u0000-\u0020\u007f\\]/.test(location)) return `${current.origin}/${location}`;
  try {
    return new URL(location, current).href;
  } catch {
    return location;
  }
}

/** Why a redirect is not followed although its target is admitted. */
export interface RedirectRefusal {
  readonly rule: NetRule;
  readonly reason: string;
}

/** Gives why a redirect must not be followed: less protection than before, or a body that would go elsewhere. */
export function judgeRedirect(
  from: URL,
  target: string,
  status: number,
  request: RequestInput,
  allowDowngrade: boolean,
): RedirectRefusal | undefined {
  if (from.protocol === 'https:' && /^http:/i.test(target) && !allowDowngrade) {
    return { rule: 'net.redirect.downgrade', reason: 'The redirect leads from https to http.' };
  }
  if (request.body === undefined || dropsBody(status, request.method)) return undefined;
  if (!isSameOrigin(from, target)) {
    return { rule: 'net.redirect.body', reason: 'The redirect would send the body to another origin.' };
  }
  return isReplayable(request.body)
    ? undefined
    : { rule: 'net.redirect.body', reason: 'The body is a stream and cannot be sent twice.' };
}

/** Gives the next hop's request as fetch does (Fetch section 4.4), with only harmless headers across origins. */
export function nextRequest(
  status: number,
  request: RequestInput,
  from: URL,
  target: string,
): Pick<RequestInput, 'url' | 'method' | 'headers' | 'body'> {
  const drops = dropsBody(status, request.method);
  const sameOrigin = isSameOrigin(from, target);
  return {
    url: target,
    method: drops ? 'GET' : request.method,
    body: drops ? undefined : request.body,
    headers: request.headers.filter(
      ([name]) => (sameOrigin || CROSS_ORIGIN_HEADERS.has(name)) && !(drops && bodyHeaders.has(name)),
    ),
  };
}

function dropsBody(status: number, method: string): boolean {
  return (
    ((status === 301 || status === 302) && method === 'POST') ||
    (status === 303 && method !== 'GET' && method !== 'HEAD')
  );
}

function isSameOrigin(from: URL, target: string): boolean {
  return URL.canParse(target) && new URL(target).origin === from.origin;
}
