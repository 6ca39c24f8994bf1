import { formatAddress } from './address/format-address.js';
import { endpointKey } from './endpoint-key.js';
import { flagAt, listOf, literalAt, membersAt, portAt } from './option-checks.js';
import {
  compileOwnInterfaces,
  type DeniedEndpoint,
  type OwnInterfaceRule,
  type OwnInterfaces,
} from './own-interfaces.js';
import { compileAllowlist, type Allowlist } from './url/allowlist.js';

/** A private service that an operator admits: one address and one port, never a range. */
export interface NetworkException {
  /** Canonical IPv4 or IPv6 literal. */
  readonly address: string;
  readonly port: number;
}

/** Options of `NetworkSecurityPolicy`. All have safe defaults. */
export interface NetworkPolicyOptions {
  /** Names (`example.com`, `*.example.com`) and addresses with optional `:port`. Absent: every public name; empty: none. */
  readonly allowlist?: readonly string[] | undefined;
  /** Admitted ports; 80, 443, 8080 and 8443 by default. */
  readonly ports?: readonly number[] | undefined;
  /** Admitted schemes; `http` and `https` by default. */
  readonly schemes?: readonly string[] | undefined;
  /** Private services that are admitted. Metadata addresses and denied endpoints stay refused. */
  readonly exceptions?: readonly NetworkException[] | undefined;
  /** Admits loopback, private and shared addresses and internal names. Unsafe; metadata stays refused. */
  readonly allowPrivateNetwork?: boolean | undefined;
  /** Refuses the addresses of this host as they are at construction; also takes endpoints that nothing admits. */
  readonly denyOwnInterfaces?: boolean | readonly DeniedEndpoint[] | OwnInterfaceRule | undefined;
  /** `decode` judges the IPv4 address inside 64:ff9b::/96; `deny` (default) refuses the prefix. */
  readonly nat64?: 'deny' | 'decode' | undefined;
}

/** Checked options in the form that the policy works on. */
export interface CompiledPolicy {
  readonly allowlist: Allowlist | undefined;
  readonly ports: ReadonlySet<number>;
  readonly schemes: ReadonlySet<string>;
  readonly exceptions: ReadonlySet<string>;
  readonly exceptionPorts: ReadonlySet<number>;
  readonly allowPrivateNetwork: boolean;
  readonly own: OwnInterfaces;
  readonly nat64: 'deny' | 'decode';
}

const knownOptions: ReadonlySet<string> = new Set([
  'allowlist',
  'ports',
  'schemes',
  'exceptions',
  'allowPrivateNetwork',
  'denyOwnInterfaces',
  'nat64',
]);
const knownInExceptions: ReadonlySet<string> = new Set(['address', 'port']);
const knownSchemes: ReadonlySet<string> = new Set(['http', 'https', 'ws', 'wss']);

/**
 * Checks options and gives them in the form that the policy works on.
 *
 * @throws TypeError naming the option.
 */
export function compileOptions(given: NetworkPolicyOptions): CompiledPolicy {
  const options = membersAt(given, 'options', knownOptions) as NetworkPolicyOptions;
  const exceptions = listOf(options.exceptions, 'exceptions').map((entry, index) => {
    const where = `exceptions[${index}]`;
    const { address, port } = membersAt(entry, where, knownInExceptions);
    return {
      address: formatAddress(literalAt(address, `${where}.address`)),
      port: portAt(port, `${where}.port`),
    };
  });
  const own = compileOwnInterfaces(options.denyOwnInterfaces);
  const nat64 = options.nat64 ?? 'deny';
  if ((nat64 as string) !== 'deny' && (nat64 as string) !== 'decode') {
    throw new TypeError('nat64 must be "deny" or "decode"');
  }
  return {
    allowlist:
      options.allowlist === undefined
        ? undefined
        : compileAllowlist(listOf(options.allowlist, 'allowlist') as readonly string[]),
    ports: new Set(
      listOf(options.ports ?? [80, 443, 8080, 8443], 'ports').map((port, i) => portAt(port, `ports[${i}]`)),
    ),
    schemes: new Set(listOf(options.schemes ?? ['http', 'https'], 'schemes').map(schemeAt)),
    exceptions: new Set(exceptions.map(({ address, port }) => endpointKey(address, port))),
    exceptionPorts: new Set(exceptions.map(({ port }) => port)),
    allowPrivateNetwork: flagAt(options.allowPrivateNetwork, 'allowPrivateNetwork'),
    nat64,
    own,
  };
}

function schemeAt(value: unknown): string {
  const scheme = typeof value === 'string' ? value.toLowerCase().replace(/:$/, '') : '';
  if (!knownSchemes.has(scheme)) throw new TypeError('schemes may hold http, https, ws and wss only');
  return scheme;
}
