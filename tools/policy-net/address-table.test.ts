import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readRegistry, renderAddressTable } from './address-table.js';

const read = (path: string): string =>
  readFileSync(new URL(`../../packages/policy-net/${path}`, import.meta.url), 'utf8');
const ipv4Csv = read('test/vectors/iana-ipv4-special-registry-1.csv');
const ipv6Csv = read('test/vectors/iana-ipv6-special-registry-1.csv');

describe('the address table of policy-net', () => {
  test('is what the generator makes of the registry copies', () => {
    expect(read('src/address/special-purpose-registry.ts')).toBe(renderAddressTable(ipv4Csv, ipv6Csv));
  });

  test('has every row of the registries, two blocks in one cell apart', () => {
    expect(readRegistry(ipv4Csv)).toHaveLength(26);
    expect(readRegistry(ipv6Csv)).toHaveLength(25);
  });

  test('stops the generator at a row that nobody has looked at', () => {
    expect(() => renderAddressTable(`${ipv4Csv}198.100.0.0/16,Novel Use,[RFC0],,,,,,,\n`, ipv6Csv)).toThrow(
      'no kind for registry row 198.100.0.0/16',
    );
  });
});
