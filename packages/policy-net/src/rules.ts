import type { AddressKind } from './address/special-range.js';

/** Ids of all rules that a decision of this package may carry. */
export type NetRule =
  | 'net.allow'
  | 'net.exception.allow'
  | 'net.url.malformed'
  | 'net.url.length'
  | 'net.url.character'
  | 'net.url.not-absolute'
  | 'net.url.userinfo'
  | 'net.url.percent-host'
  | 'net.scheme.denied'
  | 'net.host.syntax'
  | 'net.host.non-canonical'
  | 'net.name.single-label'
  | 'net.name.reserved'
  | 'net.name.metadata'
  | 'net.port.denied'
  | 'net.allowlist.not-listed'
  | `net.address.${AddressKind}`
  | 'net.address.malformed'
  | 'net.address.own-interface'
  | 'net.endpoint.denied'
  | 'net.endpoint.mismatch'
  | 'net.dns.failed'
  | 'net.dns.timeout'
  | 'net.dns.empty'
  | 'net.dns.malformed'
  | 'net.dns.too-many-lookups'
  | 'net.connection.peer'
  | 'net.redirect.url'
  | 'net.redirect.scheme'
  | 'net.redirect.host'
  | 'net.redirect.name'
  | 'net.redirect.port'
  | 'net.redirect.allowlist'
  | 'net.redirect.address'
  | 'net.redirect.endpoint'
  | 'net.redirect.dns'
  | 'net.redirect.connection'
  | 'net.redirect.downgrade'
  | 'net.redirect.body'
  | 'net.response.content-type'
  | 'net.response.coding'
  | 'net.policy.revoked'
  | 'net.proxy.malformed'
  | 'net.proxy.credentials'
  | 'net.proxy.too-many-failures'
  | 'net.proxy.no-policy'
  | 'net.proxy.loop'
  | 'net.proxy.upgrade'
  | 'net.proxy.early-data'
  | 'net.proxy.too-many-requests'
  | 'net.proxy.too-many-tunnels'
  | 'net.tls.missing'
  | 'net.tls.sni-mismatch';

/** What the rule catalogue says about a rule. */
export interface RuleEntry {
  /** When the rule applies, for the README and the dashboard. */
  readonly when: string;
  /** What would be accepted instead, carried as the decision's `hint`. */
  readonly hint?: string;
}

const publicAddress = 'Use a public address, or let an operator add an exception for this address and port.';
const oneHost = 'Use the public address of a single host.';
const carriesIPv4 = 'Write the IPv4 address itself.';
const otherHost = 'Use another host; no option admits this one.';
const resolver = 'Check the name, and that the resolver of this host answers.';
const redirect = 'Ask for the final URL directly if it is an allowed one.';

/** The rule catalogue: every id with the case it covers and its hint. The README lists the same ids. */
export const NET_RULES: Readonly<Record<NetRule, RuleEntry>> = Object.freeze({
  'net.allow': { when: 'nothing refused' },
  'net.exception.allow': { when: 'an operator exception names this address and port' },
  'net.url.malformed': {
    when: 'no URL, or none that the WHATWG parser accepts',
    hint: 'Give an absolute URL such as https://example.com/path.',
  },
  'net.url.length': { when: 'longer than 32 KiB', hint: 'Shorten the URL or send the data in a body.' },
  'net.url.character': {
    when: 'a control character, space, backslash or lone surrogate, on which URL parsers disagree',
    hint: 'Percent-encode the character.',
  },
  'net.url.not-absolute': {
    when: 'no `scheme://authority`',
    hint: 'Give an absolute URL such as https://example.com/path.',
  },
  'net.url.userinfo': {
    when: '`user@` in the authority',
    hint: 'Remove user name and password; send credentials in a header.',
  },
  'net.url.percent-host': { when: 'a percent sign in the authority', hint: 'Write the host unencoded.' },
  'net.scheme.denied': { when: 'a scheme that the policy does not list', hint: 'Use http or https.' },
  'net.host.syntax': {
    when: 'a host that is no DNS name (empty label, label over 63 or name over 253 characters, foreign character)',
    hint: 'Use a DNS name of two or more labels.',
  },
  'net.host.non-canonical': {
    when: 'an address literal in another spelling than its canonical one (octal, hex, decimal, short, Unicode, dot at the end)',
    hint: 'Write IPv4 as four decimal octets, IPv6 as RFC 5952 says.',
  },
  'net.name.single-label': { when: 'a name of one label', hint: 'Use a fully qualified public name.' },
  'net.name.reserved': {
    when: 'a reserved or internal name (`localhost`, `.internal`, `.local`, `.home.arpa`, `.test`, …)',
    hint: 'Use a public name, or let an operator add an exception for the address and port of the service.',
  },
  'net.name.metadata': {
    when: 'the name of a cloud metadata service; no option admits it',
    hint: otherHost,
  },
  'net.port.denied': {
    when: 'a port that neither `ports` nor an exception names',
    hint: 'Use one of the ports of the policy.',
  },
  'net.allowlist.not-listed': {
    when: 'there is an allowlist and host and port are not on it',
    hint: 'Use a listed host, or let an operator add this one to the allowlist.',
  },
  'net.address.this-network': { when: '0.0.0.0/8, ::', hint: oneHost },
  'net.address.loopback': { when: '127.0.0.0/8, ::1', hint: publicAddress },
  'net.address.private': { when: 'RFC 1918, unique local IPv6', hint: publicAddress },
  'net.address.shared': { when: '100.64.0.0/10', hint: publicAddress },
  'net.address.link-local': { when: '169.254.0.0/16, fe80::/10', hint: publicAddress },
  'net.address.documentation': { when: 'TEST-NETs, 2001:db8::/32, 3fff::/20', hint: publicAddress },
  'net.address.benchmarking': { when: '198.18.0.0/15, 2001:2::/48', hint: publicAddress },
  'net.address.reserved': { when: '240.0.0.0/4', hint: publicAddress },
  'net.address.broadcast': { when: '255.255.255.255', hint: oneHost },
  'net.address.multicast': { when: '224.0.0.0/4, ff00::/8', hint: oneHost },
  'net.address.discard': { when: '100::/64, 100:0:0:1::/64', hint: publicAddress },
  'net.address.special-service': {
    when: 'registered blocks that host no web content (protocol assignments, AS112, AMT, anycast services, ORCHID, DRIP, SRv6)',
    hint: publicAddress,
  },
  'net.address.site-local': { when: 'fec0::/10', hint: publicAddress },
  'net.address.unallocated': { when: 'IPv6 outside 2000::/3', hint: publicAddress },
  'net.address.ipv4-mapped': { when: '::ffff:a.b.c.d', hint: carriesIPv4 },
  'net.address.ipv4-compatible': { when: '::a.b.c.d', hint: carriesIPv4 },
  'net.address.ipv4-translated': { when: '::ffff:0:a.b.c.d', hint: carriesIPv4 },
  'net.address.nat64': { when: '64:ff9b::/96 (unless `nat64: "decode"`), 64:ff9b:1::/48', hint: carriesIPv4 },
  'net.address.6to4': { when: '2002::/16', hint: carriesIPv4 },
  'net.address.teredo': { when: '2001::/32', hint: carriesIPv4 },
  'net.address.isatap': { when: 'interface identifier 0:5efe or 200:5efe', hint: carriesIPv4 },
  'net.address.metadata': {
    when: 'a cloud metadata or credential address; no option admits it',
    hint: otherHost,
  },
  'net.address.malformed': {
    when: 'no IPv4 or IPv6 address (zone ids are none)',
    hint: 'Write an IPv4 or IPv6 address, without a zone.',
  },
  'net.address.own-interface': {
    when: 'an address of this host, with `denyOwnInterfaces`',
    hint: 'Let an operator add an exception for this address and port.',
  },
  'net.endpoint.denied': {
    when: 'an endpoint that `denyOwnInterfaces` lists; no exception admits it',
    hint: 'Use another host or port; no option admits this endpoint.',
  },
  'net.endpoint.mismatch': {
    when: 'the host is an address literal and another address was judged',
    hint: 'Give the address that the host is.',
  },
  'net.dns.failed': { when: 'the lookup failed', hint: resolver },
  'net.dns.timeout': { when: 'the resolver did not answer in time', hint: resolver },
  'net.dns.empty': { when: 'the name has no address', hint: resolver },
  'net.dns.malformed': {
    when: 'the resolver gave something that is no address, or more than 256 of them',
    hint: resolver,
  },
  'net.dns.too-many-lookups': {
    when: 'as many lookups wait for a resolver as may, which does not answer those before them',
    hint: 'Wait until earlier lookups have their answers, and ask only for names whose name servers answer.',
  },
  'net.connection.peer': {
    when: 'the socket leads to another address than the one that was judged',
    hint: 'Ask again; if it stays so, see what leads connections elsewhere on their way.',
  },
  'net.redirect.url': { when: 'redirect to a URL that a `net.url` rule refuses', hint: redirect },
  'net.redirect.scheme': { when: 'redirect to a scheme that is refused', hint: redirect },
  'net.redirect.host': { when: 'redirect to a host that a `net.host` rule refuses', hint: redirect },
  'net.redirect.name': { when: 'redirect to a name that a `net.name` rule refuses', hint: redirect },
  'net.redirect.port': { when: 'redirect to a refused port', hint: redirect },
  'net.redirect.allowlist': { when: 'redirect to a host off the allowlist', hint: redirect },
  'net.redirect.address': { when: 'redirect that leads to a refused address', hint: redirect },
  'net.redirect.endpoint': { when: 'redirect to a denied endpoint', hint: redirect },
  'net.redirect.dns': { when: 'redirect to a name that does not resolve', hint: redirect },
  'net.redirect.connection': { when: 'redirect whose socket leads elsewhere', hint: redirect },
  'net.redirect.downgrade': {
    when: 'redirect from https to http, unless `allowDowngrade`',
    hint: 'Ask for the http URL directly if it needs no protection.',
  },
  'net.redirect.body': {
    when: '307 or 308 that would send the body to another origin, or a body that cannot be sent twice',
    hint: 'Send the request to the final URL directly.',
  },
  'net.response.content-type': {
    when: 'the media type is not among `contentTypes`',
    hint: 'Ask for a resource of one of the media types in `contentTypes`.',
  },
  'net.response.coding': {
    when: 'a content coding that is not decoded here',
    hint: 'Ask with `Accept-Encoding: gzip, deflate, br`.',
  },
  'net.policy.revoked': {
    when: 'the policy changed and no longer admits a running request',
    hint: 'Ask again: what the new policy admits is served.',
  },
  'net.proxy.malformed': {
    when: 'no well-formed request to a proxy',
    hint: 'Send CONNECT host:port, or a request for an absolute http URL, with one Host header.',
  },
  'net.proxy.credentials': {
    when: 'nobody was identified',
    hint: 'Send the credentials of the agent as Basic Proxy-Authorization, or use its own socket.',
  },
  'net.proxy.too-many-failures': {
    when: 'too many wrong credentials for this name within a minute',
    hint: 'Wait a minute and send the right credentials.',
  },
  'net.proxy.no-policy': {
    when: 'there is no policy for the agent',
    hint: 'Let an operator give the agent a network policy.',
  },
  'net.proxy.loop': {
    when: 'the request leads to the proxy itself, or has come through it',
    hint: 'Name the final target.',
  },
  'net.proxy.upgrade': {
    when: 'a WebSocket in a forwarded request',
    hint: 'Open the WebSocket through CONNECT, over TLS (wss:) where the port is watched.',
  },
  'net.proxy.early-data': {
    when: 'more bytes before an answer than the proxy keeps',
    hint: 'Wait for the answer before sending more.',
  },
  'net.proxy.too-many-requests': {
    when: 'the agent has made as many requests within a minute as it may',
    hint: 'Wait a minute and try again.',
  },
  'net.proxy.too-many-tunnels': {
    when: 'the agent has as many connections as it may have',
    hint: 'Close a connection and try again.',
  },
  'net.tls.missing': {
    when: 'a tunnel to one of `sniPorts` that begins neither with TLS nor with a request of plain HTTP',
    hint: 'Speak TLS or HTTP in this tunnel.',
  },
  'net.tls.sni-mismatch': {
    when: 'a ClientHello for another name than that of the tunnel',
    hint: 'Ask for a tunnel to the host that TLS is meant for.',
  },
} satisfies Record<NetRule, RuleEntry>);
