import { describe, expect, test } from 'vitest';
import { insideFacts } from './inside-probe.js';
import type { RawProbe } from './inside-probe.js';

const status = (changed: Record<string, string> = {}): string =>
  Object.entries({
    Uid: '10001\t10001\t10001\t10001',
    Gid: '10001\t10001\t10001\t10001',
    Groups: '10001 ',
    CapInh: '0'.repeat(16),
    CapPrm: '0'.repeat(16),
    CapEff: '0'.repeat(16),
    CapBnd: '0'.repeat(16),
    CapAmb: '0'.repeat(16),
    NoNewPrivs: '1',
    Seccomp: '2',
    ...changed,
  })
    .map(([name, value]) => `${name}:\t${value}`)
    .join('\n');

const mount = (target: string, options: string, type = 'ext4'): string =>
  `10 9 8:1 /x ${target} ${options},relatime - ${type} /dev/sda1 rw`;

const raw = (changed: Partial<RawProbe> = {}): string =>
  JSON.stringify({
    self: status(),
    first: status(),
    mountinfo: [
      mount('/', 'ro', 'overlay'),
      mount('/proc', 'rw', 'proc'),
      mount('/dev/shm', 'rw', 'tmpfs'),
      mount('/agent', 'ro'),
      mount('/agent/workspace', 'rw'),
      mount('/tmp', 'rw', 'tmpfs'),
    ].join('\n'),
    netdev: 'Inter-|   Receive\n face |bytes\n    lo: 0 0\n tunl0: 0 0\n',
    limits:
      'Limit  Soft Hard Units\nMax core file size        0   0   bytes\nMax open files   4096  4096 files\n',
    cgroup: {
      'memory.max': '268435456\n',
      'memory.swap.max': '0\n',
      'cpu.max': '50000 100000\n',
      'pids.max': '256\n',
    },
    directories: { '/agent': '1:2' },
    swapTotal: '0',
    ...changed,
  } satisfies RawProbe);

describe('what the probe saw', () => {
  test('is told field by field', () => {
    expect(insideFacts(raw())).toEqual({
      uid: 10_001,
      gid: 10_001,
      groups: '',
      capabilities: 'none',
      noNewPrivileges: true,
      seccomp: 'filter',
      readOnlyRoot: true,
      interfaces: 'lo',
      mounts: 'ro /agent,rw /agent/workspace,tmpfs /tmp',
      directories: '/agent=1:2',
      coreLimit: '0:0',
      fileLimit: '4096:4096',
      memoryBytes: 268_435_456,
      swapBytes: 0,
      cpuShare: 0.5,
      pidsLimit: 256,
    });
  });

  test('cgroup v1 says the same in its own files', () => {
    const cgroup = {
      'memory/memory.limit_in_bytes': '268435456',
      'memory/memory.memsw.limit_in_bytes': '536870912',
      'cpu/cpu.cfs_quota_us': '100000',
      'cpu/cpu.cfs_period_us': '100000',
      'pids/pids.max': 'max',
    };
    expect(insideFacts(raw({ cgroup }))).toMatchObject({
      swapBytes: 268_435_456,
      cpuShare: 1,
      pidsLimit: null,
    });
  });

  test('the process of the worker counts as much as that of the probe', () => {
    expect(insideFacts(raw({ first: status({ Seccomp: '0' }) }))?.['seccomp']).toBe('filter and off');
    expect(insideFacts(raw({ first: status({ NoNewPrivs: '0' }) }))?.['noNewPrivileges']).toBe(false);
    expect(insideFacts(raw({ first: status({ Uid: '0\t0\t0\t0' }) }))?.['uid']).toBe('10001 and 0');
  });

  test('capabilities beyond the default of engines are told apart from the default', () => {
    const bound = (value: string) => insideFacts(raw({ self: status({ CapBnd: value }) }))?.['capabilities'];
    expect(bound('00000000a80425fb')).toBe('engine-default');
    expect(bound('00000000a82425fb')).toBe("beyond the engine's default: 0x200000");
    expect(bound('rubbish')).toBe('unknown');
  });

  test('another interface and another mount are named', () => {
    expect(insideFacts(raw({ netdev: 'h\nh\n lo: 0\n eth0: 0\n' }))?.['interfaces']).toBe('eth0,lo');
    expect(
      insideFacts(raw({ mountinfo: [mount('/', 'rw'), mount('/host', 'rw')].join('\n') })),
    ).toMatchObject({
      mounts: 'rw /host',
      readOnlyRoot: false,
    });
  });

  test("what is not the probe's answer is no answer", () => {
    for (const text of ['', 'null', '[]', '{}', '{"self":1}', 'hello'])
      expect(insideFacts(text)).toBe(undefined);
  });
});
