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

  test.each(blocks)('refuses %s at both edges and everywhere between', (block) => {
    const [address = '', prefix = ''] = block.split('/');
    const bits = address.includes(':') ? 128 : 32;
    const first = toBig(address);
    const last = first + 2n ** BigInt(bits - Number(prefix)) - 1n;
    for (const edge of [first, last]) expect(classifyAddress(fromBig(edge, bits))).toBeDefined();
    fc.assert(
      fc.property(
        fc.bigInt({ min: first, max: last }),
        (value) => classifyAddress(fromBig(value, bits)) !== undefined,
      ),
    );
  });

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
