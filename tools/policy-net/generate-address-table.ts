import { readFileSync, writeFileSync } from 'node:fs';
import { renderAddressTable } from './address-table.js';

const root = new URL('../../packages/policy-net/', import.meta.url);
const vector = (name: string): string => readFileSync(new URL(`test/vectors/${name}`, root), 'utf8');

writeFileSync(
  new URL('src/address/special-purpose-registry.ts', root),
  renderAddressTable(vector('iana-ipv4-special-registry-1.csv'), vector('iana-ipv6-special-registry-1.csv')),
);
