import { networkInterfaces } from 'node:os';
import { classifyAddress } from './address/classify-address.js';
import { formatAddress } from './address/format-address.js';
import { parseAddress, type IpAddress } from './address/parse-address.js';
import type { AddressKind } from './address/special-range.js';
import { endpointKey } from './endpoint-key.js';
import { listOf, literalAt, membersAt, portAt } from './option-checks.js';
import { normaliseName } from './url/host-name.js';

/**
 * An endpoint that is refused whatever else is admitted, for example the control plane's own listener or its
 * database. Without host and address: that port on every address of this host. A loopback or unspecified address
 * stands for all of them too.
 */
export interface DeniedEndpoint {
  readonly host?: string | undefined;
  readonly address?: string | undefined;
  readonly port: number;
}

/** The long form of `denyOwnInterfaces`. */
export interface OwnInterfaceRule {
  /** Endpoints that no exception admits. */
  readonly endpoints?: readonly DeniedEndpoint[] | undefined;
  /** Further addresses of this host that its interfaces do not show, such as a public address behind NAT. */
  readonly addresses?: readonly string[] | undefined;
}

/** What `denyOwnInterfaces` says, in the form that the policy works on. */
export interface OwnInterfaces {
  /** Canonical addresses of this host; `undefined` when own interfaces are not denied. */
  readonly addresses: ReadonlySet<string> | undefined;
  /** Keys of endpoints that nothing admits. */
  readonly endpoints: ReadonlySet<string>;
  /** Ports that nothing admits on any address of this host. */
  readonly ports: ReadonlySet<number>;
}

const knownInRule: ReadonlySet<string> = new Set(['endpoints', 'addresses']);
const knownInEndpoint: ReadonlySet<string> = new Set(['host', 'address', 'port']);
const selfKinds: ReadonlySet<AddressKind> = new Set(['loopback', 'this-network']);

/** Tells whether an address leads to this host whatever its interfaces are: loopback and unspecified. */
export function isSelf(kind: AddressKind | undefined): boolean {
  return kind !== undefined && selfKinds.has(kind);
}

/**
 * Reads the addresses of this host once and compiles the denied endpoints.
 *
 * @throws TypeError naming the option.
 */
export function compileOwnInterfaces(
  option: boolean | readonly DeniedEndpoint[] | OwnInterfaceRule | undefined,
): OwnInterfaces {
  if (option === undefined || option === false) {
    return { addresses: undefined, endpoints: new Set(), ports: new Set() };
  }
  const rule: { endpoints?: unknown; addresses?: unknown } =
    option === true
      ? {}
      : Array.isArray(option)
        ? { endpoints: option }
        : membersAt(option, 'denyOwnInterfaces', knownInRule);
  const addresses = new Set(interfaceAddresses().map(formatAddress));
  listOf(rule.addresses, 'denyOwnInterfaces.addresses').forEach((address, i) => {
    addresses.add(formatAddress(unmapped(literalAt(address, `denyOwnInterfaces.addresses[${i}]`))));
  });
  const endpoints = new Set<string>();
  const ports = new Set<number>();
  listOf(rule.endpoints, 'denyOwnInterfaces.endpoints').forEach((entry, i) => {
    const where = `denyOwnInterfaces.endpoints[${i}]`;
    const given = membersAt(entry, where, knownInEndpoint);
    const port = portAt(given.port, `${where}.port`);
    const { name, literals } = hostsOf(given, where);
    if (name !== undefined) endpoints.add(endpointKey(name, port));
    for (const literal of literals) endpoints.add(endpointKey(formatAddress(literal), port));
    const anywhere = name === undefined && literals.length === 0;
    if (anywhere || name === 'localhost' || literals.some((one) => isSelf(classifyAddress(one)?.kind))) {
      ports.add(port);
    }
  });
  return { addresses, endpoints, ports };
}

/** ::ffff:a.b.c.d is how a dual-stack socket shows a.b.c.d, and how it is often copied. */
function unmapped(address: IpAddress): IpAddress {
  if (address.family === 4) return address;
  const [a, b, c, d, e, marker, high = 0, low = 0] = address.groups;
  const mapped = [a, b, c, d, e].every((group) => group === 0) && marker === 0xffff;
  return mapped ? { family: 4, value: high * 0x10000 + low } : address;
}

function hostsOf(
  { host, address }: { host?: unknown; address?: unknown },
  where: string,
): { name: string | undefined; literals: readonly IpAddress[] } {
  const literals = address === undefined ? [] : [unmapped(literalAt(address, `${where}.address`))];
  if (host === undefined) return { name: undefined, literals };
  if (typeof host !== 'string') throw new TypeError(`${where}.host must be a name or address`);
  const literal = parseAddress(host.replace(/^\[|\]$/g, ''));
  if (literal !== undefined) return { name: undefined, literals: [...literals, unmapped(literal)] };
  const name = normaliseName(host);
  if (name === '') throw new TypeError(`${where}.host must be a name or address`);
  return { name, literals };
}

function interfaceAddresses(): readonly IpAddress[] {
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).flatMap(({ address }) => parseAddress(address.replace(/%.*$/, '')) ?? []),
  );
}
