import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { classifyAddress, classifyIPv4 } from './classify-address.js';
import { formatIPv4, formatIPv6 } from './format-address.js';
import { parseAddress, parseIPv4, parseIPv6, type IpAddress } from './parse-address.js';
import { OTHER_IPV4_RANGES, OTHER_IPV6_RANGES } from './special-range.js';

const vector = (name: string): string =>
  readFileSync(new URL(`../../test/vectors/${name}`, import.meta.url), 'utf8');
const ipv4Csv = vector('iana-ipv4-special-registry-1.csv');
const ipv6Csv = vector('iana-ipv6-special-registry-1.csv');

describe('the address table', () => {
  // A reading of the registry copies of its own, so that the generated table is not checked by itself.
  const registryBlocks = (csv: string): string[] =>
    csv
      .split('\n')
      .slice(1)
      .flatMap((row) => /^"?([0-9a-f:.]+\/\d+)(?:, ([0-9.]+\/\d+)")?/.exec(row)?.slice(1) ?? [])
      .filter((block: string | undefined) => block !== undefined);

  const blocks = [
    ...registryBlocks(ipv4Csv),
    ...registryBlocks(ipv6Csv),
    ...OTHER_IPV4_RANGES.map(([block]) => block),
    ...OTHER_IPV6_RANGES.map(([block]) => block),
  ];

  test('is checked against every row of the registries', () => {
    expect(blocks).toHaveLength(26 + 25 + 5);
  });

  /** The address as a big integer, and back: an arithmetic of its own, so that the table is not checked by itself. */
  const toBig = (text: string): bigint =>
    ipaddr
      .parse(text)
      .toByteArray()
      .reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const fromBig = (value: bigint, bits: 32 | 128): IpAddress => {
    if (bits === 32) return { family: 4, value: Number(value) };
    const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
    return { family: 6, groups };
  };

  // Block by block, read against the registries: the table gets its kinds from the names that stand there.
  const kindsOfBlocks: Readonly<Record<string, readonly string[]>> = {
    'this-network': ['0.0.0.0/8', '0.0.0.0/32', '::/128'],
    private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
    shared: ['100.64.0.0/10'],
    loopback: ['127.0.0.0/8', '::1/128'],
    'link-local': ['169.254.0.0/16', 'fe80::/10'],
    'special-service': [
      '192.0.0.0/24',
      '192.0.0.0/29',
      '192.0.0.8/32',
      '192.0.0.9/32',
      '192.0.0.10/32',
      '192.0.0.170/32',
      '192.0.0.171/32',
      '192.31.196.0/24',
      '192.52.193.0/24',
      '192.88.99.0/24',
      '192.88.99.2/32',
      '192.175.48.0/24',
      '2001::/23',
      '2001:1::1/128',
      '2001:1::2/128',
      '2001:1::3/128',
      '2001:3::/32',
      '2001:4:112::/48',
      '2001:10::/28',
      '2001:20::/28',
      '2001:30::/28',
      '2620:4f:8000::/48',
      '5f00::/16',
    ],
    documentation: ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'],
    benchmarking: ['198.18.0.0/15', '2001:2::/48'],
    reserved: ['240.0.0.0/4'],
    broadcast: ['255.255.255.255/32'],
    'ipv4-mapped': ['::ffff:0:0/96'],
    nat64: ['64:ff9b::/96', '64:ff9b:1::/48'],
    discard: ['100::/64', '100:0:0:1::/64'],
    teredo: ['2001::/32'],
    '6to4': ['2002::/16'],
    multicast: ['224.0.0.0/4', 'ff00::/8'],
    'ipv4-compatible': ['::/96'],
    'ipv4-translated': ['::ffff:0:0:0/96'],
    'site-local': ['fec0::/10'],
  };
  const ranges = Object.entries(kindsOfBlocks).flatMap(([kind, list]) =>
    list.map((block) => {
      const [address = '', prefix = ''] = block.split('/');
      const bits: 32 | 128 = address.includes(':') ? 128 : 32;
      const first = toBig(address);
      return { block, kind, bits, first, last: first + 2n ** BigInt(bits - Number(prefix)) - 1n };
    }),
  );
  /** The kind of the narrowest block that holds an address; without one, what lies around all blocks. */
  const expectedKind = (value: bigint, bits: 32 | 128): string | undefined => {
    const [narrowest] = ranges
      .filter((range) => range.bits === bits && range.first <= value && value <= range.last)
      .sort((a, b) => (a.last - a.first < b.last - b.first ? -1 : 1));
    if (narrowest !== undefined) return narrowest.kind;
    return bits === 128 && value >> 125n !== 1n ? 'unallocated' : undefined;
  };

  test('has a kind for each of them', () => {
    expect(ranges.map(({ block }) => block).sort()).toEqual([...blocks].sort());
  });

  test.each(ranges)('refuses $block at both edges and everywhere between', ({ first, last, bits }) => {
    for (const edge of [first, last]) {
      expect(classifyAddress(fromBig(edge, bits))?.kind).toBe(expectedKind(edge, bits));
    }
    fc.assert(
      fc.property(fc.bigInt({ min: first, max: last }), (value) => {
        const found = classifyAddress(fromBig(value, bits));
        // Metadata addresses and ISATAP have kinds of their own wherever they lie.
        return found !== undefined && (found.kind === expectedKind(value, bits) || isOwnKind(found.kind));
      }),
    );
  });

  test.each(ranges)(
    'ends $block where it ends: its neighbours are what they are',
    ({ first, last, bits }) => {
      const neighbours = [first - 1n, last + 1n].filter((value) => value >= 0n && value < 2n ** BigInt(bits));
      for (const value of neighbours) {
        const address = fromBig(value, bits);
        expect([value, classifyAddress(address)?.kind]).toEqual([value, expectedKind(value, bits)]);
      }
    },
  );

  test('refuses all of IPv6 outside 2000::/3', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (value) => {
        const global = value >> 125n === 1n;
        return global || classifyAddress(fromBig(value, 128)) !== undefined;
      }),
      { numRuns: 5_000 },
    );
  });

  test('refuses every IPv6 form that carries an IPv4 address, whatever the address', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (value) => {
        const quad = formatIPv4(value);
        const high = (value >>> 16).toString(16);
        const low = (value & 0xffff).toString(16);
        const forms: (readonly [string, string, number?])[] = [
          [`::ffff:${quad}`, 'ipv4-mapped', value],
          [`::ffff:0:${quad}`, 'ipv4-translated', value],
          [`64:ff9b::${quad}`, 'nat64', value],
          [`64:ff9b:1::${quad}`, 'nat64', value],
          [`2002:${high}:${low}::1`, '6to4', value],
          [`2001:0:4136:e378:8000:63bf:${formatHex(~value)}`, 'teredo', value],
          [`2a00:1450:4001:80b:0:5efe:${high}:${low}`, 'isatap', value],
          [`2a00:1450:4001:80b:200:5efe:${high}:${low}`, 'isatap', value],
        ];
        return forms.every(([text, kind, carried]) => {
          const special = classifyAddress(parseAddress(text) as IpAddress);
          return special?.kind === kind && special.carried === carried;
        });
      }),
      { numRuns: 2_000 },
    );
  });

  test('names ::a.b.c.d compatible and leaves ordinary addresses alone', () => {
    expect(classifyAddress(parseAddress('::8.8.8.8') as IpAddress)?.kind).toBe('ipv4-compatible');
    for (const text of [
      '8.8.8.8',
      '1.1.1.1',
      '223.255.255.255',
      '2606:4700:4700::1111',
      '2a00::fe80:0:0:1',
    ]) {
      expect(classifyAddress(parseAddress(text) as IpAddress), text).toBeUndefined();
    }
  });

  test('agrees with ipaddr.js on which IPv4 addresses are private, loopback or multicast', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (value) => {
        const range = new ipaddr.IPv4([
          value >>> 24,
          (value >>> 16) & 255,
          (value >>> 8) & 255,
          value & 255,
        ]).range();
        return range === 'unicast' || classifyIPv4(value) !== undefined;
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('parsing', () => {
  test('agrees with the URL parser on IPv6 in random spellings', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const groups = parseIPv6(text);
        return groups !== undefined && new URL(`http://[${text}]/`).hostname === `[${formatIPv6(groups)}]`;
      }),
      { numRuns: 5_000 },
    );
  });

  test('formats IPv6 as RFC 5952 and the URL parser do', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 }),
        (groups) => {
          const text = formatIPv6(groups);
          return (
            new URL(`http://[${text}]/`).hostname === `[${text}]` && parseIPv6(text)?.join() === groups.join()
          );
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test('round-trips IPv4', () => {
    fc.assert(fc.property(fc.nat(0xffff_ffff), (value) => parseIPv4(formatIPv4(value)) === value));
  });

  test.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.256',
    '1.2.3.4 ',
    '0x7f.0.0.1',
    '1..2.3',
    '.1.2.3',
    '1.2.3.',
    '١.2.3.4',
  ])('refuses the IPv4 spelling %j', (text) => expect(parseIPv4(text)).toBe(-1));

  test.each([
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    'g::',
    '::1%lo',
    '[::1]',
    '1:2:3:4:5:6:7::8:9',
    '::1.2.3',
    '1.2.3.4::',
    ':1::',
    '1:2:3:4:5:6:7:',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::01.2.3.4',
    '1:2:3:4:5:6:7:8::',
  ])('refuses the IPv6 spelling %j', (text) => expect(parseIPv6(text)).toBeUndefined());
});

function formatHex(value: number): string {
  const unsigned = value >>> 0;
  return `${(unsigned >>> 16).toString(16)}:${(unsigned & 0xffff).toString(16)}`;
}

function isOwnKind(kind: string): boolean {
  return kind === 'metadata' || kind === 'isatap';
}
