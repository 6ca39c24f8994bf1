import { policyDigest, type Decision } from '@clawforce/policy-core';
import { classifyAddress, classifyIPv4, type SpecialAddress } from './address/classify-address.js';
import { formatAddress, formatIPv4 } from './address/format-address.js';
import { parseAddress, type IpAddress } from './address/parse-address.js';
import type { AddressKind } from './address/special-range.js';
import { endpointKey } from './endpoint-key.js';
import { isSelf } from './own-interfaces.js';
import { compileOptions, type CompiledPolicy, type NetworkPolicyOptions } from './policy-options.js';
import { isMetadataName, judgeNameSyntax, judgeReservedName, normaliseName } from './url/host-name.js';
import { parseUrl, type ParsedUrl } from './url/parse-url.js';
import { redactUrl } from './url/redact-url.js';
import { RecentMap } from './recent-map.js';
import { splitUrl } from './url/split-url.js';
import { ALLOWED, deny, EXCEPTED, toDecision, type Verdict } from './verdict.js';

/** An endpoint about to be dialled: the host as the URL names it, the address it stands for, and the port. */
export interface Endpoint {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

/** Kinds that `allowPrivateNetwork` admits. */
const privateKinds: ReadonlySet<AddressKind> = new Set(['loopback', 'private', 'shared']);
/** Kinds that no exception admits: nobody serves there, or credentials are served there. */
const neverExempt: ReadonlySet<AddressKind> = new Set([
  'metadata',
  'this-network',
  'multicast',
  'broadcast',
  'ipv4-mapped',
  'ipv4-compatible',
  'ipv4-translated',
  'nat64',
  '6to4',
  'teredo',
  'isatap',
]);

interface Reached {
  readonly text: string;
  readonly special: SpecialAddress | undefined;
}

/** What was decided about an origin, and how it may be shown. */
interface Admitted {
  readonly verdict: Verdict;
  readonly shown: string;
}

interface Host {
  /** Normalised name, or canonical address. */
  readonly text: string;
  /** Present when the host is an address literal. */
  readonly literal: IpAddress | undefined;
}

/**
 * Judges where a client may connect. Immutable; every method is synchronous, resolves nothing, and never throws.
 * Refused is what is not understood: see the README for the default policy.
 */
export class NetworkSecurityPolicy {
  /** Identifies this configuration: equal options give equal digests. */
  readonly digest: string;
  readonly #policy: CompiledPolicy;
  /** Decisions about admitted URLs: they are what they were, since the policy does not change. */
  readonly #decisions = new RecentMap<string, Decision>(256);
  /** Origins, as they are written, that were admitted: what follows an origin does not change the verdict. */
  readonly #admitted = new RecentMap<string, Admitted>(256);

  /** @throws TypeError naming the option that is unknown or malformed. */
  constructor(options: NetworkPolicyOptions = {}) {
    this.#policy = compileOptions(options);
    this.digest = policyDigest(options);
    Object.freeze(this);
  }

  /**
   * Judges a URL lexically, without DNS: its spelling, scheme, host, port, and the address when the host is a literal.
   * An allowed name still has to pass {@link checkEndpoint} with every address that it resolves to.
   */
  checkUrl(url: string | URL): Decision {
    const raw: unknown = typeof url === 'string' ? url : hrefOf(url);
    const before = typeof raw === 'string' ? this.#decisions.get(raw) : undefined;
    if (before !== undefined) return before;
    const split = splitUrl(raw);
    if (split !== undefined) {
      const known = this.#admitted.get(split.origin);
      const admitted = known ?? this.#admit(split.origin);
      if (admitted !== undefined) {
        const shown = `${admitted.shown}${split.shownPath}`.slice(0, 512);
        const decision = toDecision(admitted.verdict, shown, this.digest);
        // Not at the first sight of an origin: what never comes back is not worth remembering twice.
        if (known !== undefined) this.#decisions.set(raw as string, decision);
        return decision;
      }
    }
    const parsed = parseUrl(raw);
    if ('rule' in parsed) return toDecision(parsed, redactUrl(raw), this.digest);
    return toDecision(this.#judgeParsed(parsed), redactUrl(parsed.url), this.digest);
  }

  /** Judges an origin as it is written and remembers it when it is admitted; what is refused is judged as a whole. */
  #admit(origin: string): Admitted | undefined {
    const parsed = parseUrl(origin);
    if ('rule' in parsed) return undefined;
    const verdict = this.#judgeParsed(parsed);
    if (verdict.effect !== 'allow') return undefined;
    const admitted = { verdict, shown: parsed.url.origin };
    this.#admitted.set(origin, admitted);
    return admitted;
  }

  #judgeParsed({ scheme, host, literal, port }: ParsedUrl): Verdict {
    return this.#policy.schemes.has(scheme)
      ? this.#judgeHost({ text: host, literal }, port)
      : deny('net.scheme.denied', `The scheme "${scheme}" is not admitted.`);
  }

  /** Judges an address alone: is it an ordinary public destination. Exceptions need a port and do not count here. */
  checkAddress(ip: string): Decision {
    const address = readAddress(ip);
    if (address === undefined) return toDecision(malformedAddress(), show(ip), this.digest);
    const text = formatAddress(address);
    return toDecision(this.#judgeAddress(this.#reach(address)) ?? ALLOWED, text, this.digest);
  }

  /** Judges one address that a host stands for, together with the port: the last word before a socket is opened. */
  checkEndpoint(endpoint: Endpoint): Decision {
    const { host, address, port } = partsOf(endpoint);
    const input = `${show(host)} ${show(address)} ${typeof port === 'number' ? port : show(port)}`;
    return toDecision(this.#judgeEndpoint(host, address, port), input, this.digest);
  }

  #judgeEndpoint(rawHost: unknown, rawAddress: unknown, port: unknown): Verdict {
    const address = readAddress(rawAddress);
    if (address === undefined) return malformedAddress();
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
      return deny('net.port.denied', 'The port must lie in 1 to 65535.');
    }
    const host = readHost(rawHost);
    if ('rule' in host) return host;
    if (host.literal !== undefined && host.text !== formatAddress(address)) {
      return deny('net.endpoint.mismatch', 'The host is another address than the one to be dialled.');
    }
    const verdict = this.#judgeHost(host, port);
    if (verdict.effect === 'deny' || host.literal !== undefined) return verdict;
    return (
      this.#judgeFixed(this.#reach(address), port) ??
      this.#judgeAddress(this.#reach(address)) ??
      this.#judgePort(port) ??
      this.#judgeReserved(host.text) ??
      ALLOWED
    );
  }

  #judgeHost(host: Host, port: number): Verdict {
    if (this.#policy.own.endpoints.has(endpointKey(host.text, port))) return deniedEndpoint();
    return host.literal === undefined
      ? this.#judgeName(host.text, port)
      : this.#judgeLiteral(host.literal, port);
  }

  #judgeName(name: string, port: number): Verdict {
    const syntax = judgeNameSyntax(name);
    if (syntax !== undefined) return syntax;
    if (isMetadataName(name)) {
      return deny('net.name.metadata', `"${name}" is the name of a cloud metadata service.`);
    }
    // With the port of an exception, whether name and port are right is known only after the lookup.
    const open = this.#policy.exceptionPorts.has(port);
    const refused = open ? undefined : (this.#judgeReserved(name) ?? this.#judgePort(port));
    return refused ?? this.#judgeListed(name, port) ?? ALLOWED;
  }

  #judgeLiteral(literal: IpAddress, port: number): Verdict {
    const reached = this.#reach(literal);
    return (
      this.#judgeFixed(reached, port) ??
      this.#judgeAddress(reached) ??
      this.#judgePort(port) ??
      this.#judgeListed(formatAddress(literal), port) ??
      ALLOWED
    );
  }

  /** Judges what is settled for an address and port: endpoints that nothing admits, then exceptions. */
  #judgeFixed({ text, special }: Reached, port: number): Verdict | undefined {
    const { own, exceptions } = this.#policy;
    const self = isSelf(special?.kind) || own.addresses?.has(text) === true;
    if (own.endpoints.has(endpointKey(text, port)) || (self && own.ports.has(port))) return deniedEndpoint();
    if (!exceptions.has(endpointKey(text, port))) return undefined;
    return special !== undefined && neverExempt.has(special.kind) ? undefined : EXCEPTED;
  }

  #judgeReserved(name: string): Verdict | undefined {
    return this.#policy.allowPrivateNetwork ? undefined : judgeReservedName(name);
  }

  #judgePort(port: number): Verdict | undefined {
    return this.#policy.ports.has(port)
      ? undefined
      : deny('net.port.denied', `Port ${port} is not among ${[...this.#policy.ports].join(', ')}.`);
  }

  #judgeListed(host: string, port: number): Verdict | undefined {
    const { allowlist } = this.#policy;
    return allowlist === undefined || allowlist.has(host, port)
      ? undefined
      : deny('net.allowlist.not-listed', `${host} with port ${port} is not on the allowlist.`);
  }

  #judgeAddress({ text, special }: Reached): Verdict | undefined {
    const { allowPrivateNetwork, own } = this.#policy;
    if (special !== undefined && !(allowPrivateNetwork && privateKinds.has(special.kind))) {
      return deny(`net.address.${special.kind}`, `${text} is no public destination: ${special.name}.`);
    }
    return own.addresses !== undefined && (isSelf(special?.kind) || own.addresses.has(text))
      ? deny('net.address.own-interface', `${text} is an address of this host.`)
      : undefined;
  }

  /** Gives the address that a packet ends at: the IPv4 address inside 64:ff9b::/96 when that is to be decoded. */
  #reach(address: IpAddress): Reached {
    const special = classifyAddress(address);
    if (special?.carried !== undefined && special.kind === 'nat64' && this.#policy.nat64 === 'decode') {
      // 64:ff9b:1::/48 is for local use (RFC 8215) and says nothing about where it leads.
      if (address.family === 6 && address.groups[2] === 0) {
        return { text: formatIPv4(special.carried), special: classifyIPv4(special.carried) };
      }
    }
    return { text: formatAddress(address), special };
  }
}

/** Gives the text of a URL; `null` for an object that is none, or only looks like one. */
function hrefOf(value: unknown): unknown {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return value;
  try {
    const href: unknown = value instanceof URL ? value.href : undefined;
    return typeof href === 'string' ? href : null;
  } catch {
    return null;
  }
}

/** Gives what an endpoint says, nothing where reading it fails. */
function partsOf(given: unknown): Partial<Record<keyof Endpoint, unknown>> {
  if (typeof given !== 'object' || given === null) return {};
  try {
    const { host, address, port } = given as Partial<Record<keyof Endpoint, unknown>>;
    return { host, address, port };
  } catch {
    return {};
  }
}

function readAddress(value: unknown): IpAddress | undefined {
  return typeof value === 'string' ? parseAddress(value) : undefined;
}

/** Gives a value of any type for the `input` of a decision. */
function show(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 253) : typeof value;
}

function malformedAddress(): Verdict {
  return deny('net.address.malformed', 'This is no IPv4 or IPv6 address.');
}

function deniedEndpoint(): Verdict {
  return deny('net.endpoint.denied', 'This endpoint belongs to the control plane and is never admitted.');
}

function readHost(raw: unknown): Host | Verdict {
  if (typeof raw !== 'string' || raw === '') return deny('net.host.syntax', 'No host was given.');
  const literal = parseAddress(raw.startsWith('[') && raw.endsWith(']') ? raw.slice(1, -1) : raw);
  if (literal !== undefined) return { text: formatAddress(literal), literal };
  const name = normaliseName(raw);
  return name === ''
    ? deny('net.host.syntax', 'The host is no valid DNS name.')
    : { text: name, literal: undefined };
}
