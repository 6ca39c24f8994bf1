import { describe, expect, test } from 'vitest';
import { hostPathMapper } from './host-path.js';
import { containerIdsIn } from './own-container.js';

describe('hostPathMapper', () => {
  const map = hostPathMapper([
    { from: '/data', to: '/srv/clawforce/' },
    { from: '/data/agents', to: '/mnt/big' },
  ]);

  test('the longest mapping wins, whole components only', () => {
    expect(map('/data')).toBe('/srv/clawforce');
    expect(map('/data/admin/x')).toBe('/srv/clawforce/admin/x');
    expect(map('/data/agents/a')).toBe('/mnt/big/a');
    expect(map('/data/agents2')).toBe('/srv/clawforce/agents2');
  });

  test('a path outside of every volume is refused: a mount would show another directory of that name', () => {
    for (const path of ['/database', '/', '/data/../etc']) {
      expect(() => map(path), path).toThrow(expect.objectContaining({ code: 'SPEC_INVALID' }) as Error);
    }
  });

  test('the root maps everything, a relative mapping nothing', () => {
    expect(hostPathMapper([{ from: '/', to: '/host' }])('/a/b')).toBe('/host/a/b');
    expect(() => hostPathMapper([{ from: 'x', to: '/y' }])).toThrow(TypeError);
  });
});

test('the own container is found in the mount table, once', () => {
  const id = 'a'.repeat(64);
  const line = (name: string) =>
    `1 2 8:1 /var/lib/docker/containers/${id}/${name} /etc/${name} rw,relatime - ext4 /dev/sda1 rw`;
  expect(containerIdsIn(['hostname', 'hosts', 'resolv.conf'].map(line).join('\n'))).toEqual([id]);
  expect(containerIdsIn('1 2 8:1 / / rw - ext4 /dev/sda1 rw')).toEqual([]);
});
