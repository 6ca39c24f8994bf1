import { tmpdir } from 'node:os';
import { ShellCommandPolicy } from '@clawforce/policy-shell';
import type { Confiner } from '@clawforce/policy-shell/run';
import type { WorkerConfig } from '@clawforce/protocol';
import { expect, test } from 'vitest';
import { networkOf } from './command-network.js';

const policy = new ShellCommandPolicy({ workspace: tmpdir(), relaxed: true });
const proxy = { proxySocket: '/run/egress.sock' };

function networkFor(line: string, { confined = true, commands = true, socket = true } = {}): unknown {
  const { plan, reason } = policy.check(line);
  if (!plan) throw new Error(`the policy refused ${line}: ${reason}`);
  const config = { web: { commands } } as WorkerConfig;
  return networkOf(plan, { confined } as Confiner, config, socket ? proxy.proxySocket : undefined);
}

test.each([
  'curl https://example.com/',
  'git fetch',
  'cat list.txt | curl -d @- https://example.com/',
  'cd sub && curl https://example.com/',
  'echo one; echo two || npm install',
  'wc -l < list.txt && node fetch.js',
])('the proxy is there for every command of `%s`', (line) => {
  expect(networkFor(line)).toEqual(proxy);
});

test.each(['ls', 'cd sub && ls', 'cat list.txt | sort | uniq > out.txt', 'true || sleep 1; wc -l list.txt'])(
  'a line of which nothing connects is spared the shim: `%s`',
  (line) => {
    expect(networkFor(line)).toBe('none');
  },
);

test('without a proxy there is nothing, and without a confiner nothing can be taken away', () => {
  expect(networkFor('ls | curl https://example.com/', { socket: false })).toBe('none');
  expect(networkFor('ls | curl https://example.com/', { commands: false })).toBe('none');
  expect(networkFor('ls', { confined: false })).toBe('host');
});
