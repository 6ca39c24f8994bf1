import { isIPv6 } from 'node:net';
import { NetworkSecurityPolicy } from '@clawforce/policy-net';
import type { EffectiveAgentConfig } from '@clawforce/protocol/config';
import { WEB_PORTS } from '../egress/web-policy.js';
import type { ApiIssue } from '../errors/api-error.js';

type Web = Pick<EffectiveAgentConfig, 'web' | 'ssrf_protection'>;

const ALLOWLIST = '/tools/web/fetch/allowlist';
const EXCEPTIONS = '/tools/web/fetch/exceptions';

/**
 * Finds entries of the allowlist and of the exceptions that no policy can be made from, or that could never admit
 * anything; the rest of the configuration is as it will be. One that stands in a configuration of `before` is let be: the
 * operator did not write it now.
 */
export function webEntryIssues(before: readonly Web[], after: Web): ApiIssue[] {
  const oldExceptions = new Set(
    before.flatMap(({ web }) => web.exceptions.map((one) => `${one.address} ${one.port}`)),
  );
  const exceptions = after.web.exceptions.flatMap(({ address, port }, index) => {
    if (oldExceptions.has(`${address} ${port}`)) return [];
    const message = exceptionProblem(address, port);
    return message === undefined ? [] : [{ pointer: `${EXCEPTIONS}/${index}/address`, message }];
  });
  // Whether an entry leads anywhere depends on the exceptions.
  if (exceptions.length > 0) return exceptions;
  const oldEntries = new Set(before.flatMap(({ web }) => web.allowlist));
  const judge = new NetworkSecurityPolicy({
    ports: WEB_PORTS,
    exceptions: after.web.exceptions.filter((one) => isLiteral(one.address)),
    allowPrivateNetwork: !after.ssrf_protection,
  });
  const ports = [...WEB_PORTS, ...after.web.exceptions.map(({ port }) => port)];
  return after.web.allowlist.flatMap((entry, index) => {
    if (oldEntries.has(entry)) return [];
    const message = entryProblem(entry, judge, ports);
    return message === undefined ? [] : [{ pointer: `${ALLOWLIST}/${index}`, message }];
  });
}

function exceptionProblem(address: string, port: number): string | undefined {
  if (!isLiteral(address)) {
    return 'must be one IPv4 or IPv6 address such as 192.168.1.20; a range, a name or a URL is none. List each address that is needed.';
  }
  const policy = new NetworkSecurityPolicy({ exceptions: [{ address, port }] });
  const decision = policy.checkUrl(urlOf(address, port));
  return decision.effect === 'allow'
    ? undefined
    : `can never be admitted: ${decision.reason} Give the address of the service itself.`;
}

function entryProblem(
  entry: string,
  judge: NetworkSecurityPolicy,
  ports: readonly number[],
): string | undefined {
  try {
    new NetworkSecurityPolicy({ allowlist: [entry] });
  } catch {
    return 'must be a host name such as example.com, names below it such as *.example.com, or an address, each with an optional :port; a URL, a path, a range or a lone * is none.';
  }
  const { host, port } = partsOf(entry);
  const asked = port === undefined ? ports : [port];
  if (port !== undefined && !ports.includes(port)) {
    return `can never be admitted: agents reach the ports ${WEB_PORTS.join(', ')} and those of exceptions. Leave the port out, or add an exception for the address and port ${port}.`;
  }
  const decisions = asked.map((one) => judge.checkUrl(urlOf(host, one)));
  if (decisions.some(({ effect }) => effect === 'allow')) return undefined;
  return `can never be admitted: ${decisions[0]?.reason ?? ''} A private service needs an exception for its address and port.`;
}

/** Reads an entry that is known to be valid; a name below `*.` stands for all of them. */
function partsOf(entry: string): { host: string; port: number | undefined } {
  if (isLiteral(entry)) return { host: entry, port: undefined };
  const [, rawHost = entry, port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  return {
    host: rawHost.replace(/^\*\./, 'www.').replace(/^\[|\]$/g, ''),
    port: port === undefined ? undefined : Number(port),
  };
}

function isLiteral(text: string): boolean {
  try {
    new NetworkSecurityPolicy({ exceptions: [{ address: text, port: 443 }] });
    return true;
  } catch {
    return false;
  }
}

function urlOf(host: string, port: number): string {
  return `https://${isIPv6(host) ? `[${host}]` : host}:${port}/`;
}
