import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';

const PUBLIC = '93.184.215.14';
const script = fileURLToPath(new URL('../testing/public-origin.ts', import.meta.url));

requires('netns').test(
  'as shipped, the client reaches a public origin, passes over a silent address, and never turns inward',
  () => {
    // In a namespace with nothing but lo, nothing leaves the machine.
    const setUp = [
      'ip link set lo up',
      `ip addr add ${PUBLIC}/32 dev lo`,
      'ip addr add 93.184.216.99/32 dev lo',
    ].join(' && ');
    const { stdout, stderr, status } = spawnSync(
      'unshare',
      [
        '-n',
        'sh',
        '-c',
        `${setUp} && exec "$0" --conditions=@clawforce/source --import tsx "$1"`,
        process.execPath,
        script,
      ],
      { encoding: 'utf8', timeout: 25_000 },
    );
    expect(status, stderr).toBe(0);
    const report = JSON.parse(stdout) as Record<
      'literal' | 'name' | 'mixed' | 'inward' | 'direct',
      { result: string }
    > & {
      chosen: unknown;
      canaryHits: unknown;
      control: unknown;
      silent: unknown;
      slow: { result: string; ms: number }[];
    };
    expect(report.silent).toBe(true);
    expect(report.literal.result).toBe('public');
    expect(report.name.result).toBe('public');
    expect(report.slow.map(({ result }) => result)).toEqual(Array(5).fill('public'));
    // The quickest of five: what one of them took beyond that was the machine.
    expect(Math.min(...report.slow.map(({ ms }) => ms))).toBeLessThan(600);
    expect(report.mixed.result).toBe('net.address.loopback');
    expect(report.inward.result).toBe('net.redirect.address');
    expect(report.direct.result).toBe('net.address.loopback');
    expect(report.chosen).toEqual([
      ...Array<string>(5).fill(PUBLIC),
      ...[PUBLIC, PUBLIC, null, PUBLIC, null, null],
    ]);
    // The plain fetch of the script is the positive control: it alone reached the canary.
    expect([report.control, report.canaryHits]).toEqual(['secret', 1]);
  },
  30_000,
);
