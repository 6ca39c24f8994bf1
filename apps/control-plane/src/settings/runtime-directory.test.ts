import { expect, test } from 'vitest';
import { runtimeDirectory, type RuntimePlace } from './runtime-directory.js';

const place: RuntimePlace = {
  configured: undefined,
  storageRoot: '/data',
  uid: 1000,
  platform: 'linux',
  xdgRuntimeDir: '/run/user/1000',
};

test.each<[string, Partial<RuntimePlace>, RegExp]>([
  ['the configured directory wins', { configured: '/srv/cf' }, /^\/srv\/cf$/],
  ['root on Linux uses /run', { uid: 0 }, /^\/run\/clawforce\/[0-9a-f]{12}$/],
  ['a user uses XDG_RUNTIME_DIR', {}, /^\/run\/user\/1000\/clawforce-[0-9a-f]{12}$/],
  ['without it, /tmp', { xdgRuntimeDir: undefined }, /^\/tmp\/clawforce-1000-[0-9a-f]{12}$/],
  ['a relative one does not count', { xdgRuntimeDir: 'run' }, /^\/tmp\/clawforce-1000-/],
  ['one that is too long for sockets is passed over', { xdgRuntimeDir: `/${'x'.repeat(40)}` }, /^\/tmp\//],
  ['root elsewhere has no /run', { uid: 0, platform: 'darwin' }, /^\/tmp\/clawforce-0-/],
])('%s', (_, change, expected) => {
  expect(runtimeDirectory({ ...place, ...change })).toMatch(expected);
});

test('two storage roots of one user never share a directory', () => {
  expect(runtimeDirectory(place)).not.toBe(runtimeDirectory({ ...place, storageRoot: '/other' }));
});

test('the longest socket path of an accepted directory is 103 bytes', () => {
  const tail = '/00000000-0000-4000-8000-000000000000/egress.sock'.length;
  const longest = `/${'d'.repeat(103 - tail - 1)}`;
  expect(runtimeDirectory({ ...place, configured: longest })).toBe(longest);
  expect(() => runtimeDirectory({ ...place, configured: `${longest}d` })).toThrow('AGENT_RUNTIME_DIR');
});
