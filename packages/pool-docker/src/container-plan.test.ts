import { describe, expect, test } from 'vitest';
import type { WorkerSpec } from '@clawforce/pool-core';
import { createOptions, planContainer } from './container-plan.js';
import { checkOptions } from './options.js';
import { SECCOMP_JSON } from './seccomp-profile.js';

const spec = (changed: Partial<WorkerSpec> = {}): WorkerSpec => ({
  agentId: 'a',
  generation: 1,
  level: 'sandboxed',
  agentRoot: '/data/agents/a',
  socketDir: '/run/cf/a',
  env: { AGENT_ID: 'a' },
  limits: {},
  ...changed,
});

const asked = (changed: Partial<WorkerSpec> = {}) =>
  createOptions(
    planContainer(spec(changed), {
      name: 'n',
      image: 'i',
      imageId: 'sha256:1',
      ownerId: 'o',
      user: { uid: 10_001, gid: 10_001 },
      network: 'own-net',
      hostPathOf: (path) => `/host${path}`,
      seccomp: undefined,
      command: undefined,
      tmp: { bytes: 1024, inodes: 16 },
    }),
  );

describe('what the engine is asked for', () => {
  test('sandboxed: nothing but the agent directory and its sockets, no network, nothing to gain', () => {
    const { HostConfig: host, User } = asked();
    expect(User).toBe('10001:10001');
    expect(host).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      CapAdd: [],
      SecurityOpt: ['no-new-privileges:true', `seccomp=${SECCOMP_JSON}`],
      NetworkMode: 'none',
      PidsLimit: 256,
      Memory: 2 * 1024 ** 3,
      MemorySwap: 2 * 1024 ** 3,
      Privileged: false,
      Init: true,
      RestartPolicy: { Name: 'no' },
    });
    expect(
      host?.Mounts?.map(({ Source, Target, ReadOnly }) => `${ReadOnly ? 'ro' : 'rw'} ${Source} ${Target}`),
    ).toEqual([
      'ro /host/data/agents/a /agent',
      'rw /host/data/agents/a/workspace /agent/workspace',
      'ro /host/data/agents/a/profiles /agent/profiles',
      'rw /host/data/agents/a/.state /agent/.state',
      'ro /host/run/cf/a /run/clawforce',
    ]);
    expect(host?.Tmpfs?.['/tmp']).toBe('rw,noexec,nosuid,nodev,size=1024,nr_inodes=16,mode=1777');
    expect(Object.keys(host?.Tmpfs ?? {})).toEqual([
      '/agent/.config',
      '/agent/.sessions',
      '/agent/.logs',
      '/tmp',
    ]);
  });

  test('permissive keeps everything but root and network, and may be tightened in both', () => {
    expect(asked({ level: 'permissive' }).HostConfig).toMatchObject({
      ReadonlyRootfs: false,
      CapDrop: ['ALL'],
      NetworkMode: 'own-net',
      PidsLimit: 1024,
    });
    const tight = asked({ level: 'permissive', tightening: { readOnlyRoot: true, network: 'none' } });
    expect(tight.HostConfig).toMatchObject({ ReadonlyRootfs: true, NetworkMode: 'none' });
    // Its home: on a read-only root it has to be in memory, or nothing could be written there.
    expect(tight.Env).toContain('HOME=/tmp');
    expect(tight.HostConfig?.Tmpfs?.['/tmp']).toBe(asked().HostConfig?.Tmpfs?.['/tmp']);
    expect(asked({ level: 'permissive' }).HostConfig?.Tmpfs?.['/tmp']).toBeUndefined();
  });

  test("privileged is the engine's default with limits, never --privileged, no host namespace, no device", () => {
    const { HostConfig: host, User } = asked({ level: 'privileged', user: { uid: 5, gid: 5 } });
    expect(User).toBe('0:0');
    expect(host).toMatchObject({
      Privileged: false,
      CapDrop: [],
      CapAdd: [],
      SecurityOpt: [],
      IpcMode: 'private',
      PidMode: '',
    });
    expect([host?.Memory, host?.PidsLimit, host?.Devices]).toEqual([2 * 1024 ** 3, undefined, undefined]);
  });

  test('a worker that asks for more processes than its level has is refused, not clamped', () => {
    expect(() => asked({ limits: { pids: 257 } })).toThrow(
      expect.objectContaining({ code: 'OVERRIDE_LOOSENS' }) as Error,
    );
    expect(asked({ limits: { pids: 10 } }).HostConfig?.PidsLimit).toBe(10);
  });

  test('a working directory is never chosen by an agent, and its own labels do not win', () => {
    const options = asked({ labels: { 'clawforce.owner': 'stranger', x: 'y' } });
    expect(options.WorkingDir).toBe('/');
    expect(options.Labels).toMatchObject({ 'clawforce.owner': 'o', 'clawforce.level': 'sandboxed', x: 'y' });
  });
});

describe('the options', () => {
  const good = { image: 'i', ownerId: 'o', proofDir: '/p' };

  test.each<[string, object]>([
    ['image', { image: '-rm' }],
    ['ownerId', { ownerId: 'a b' }],
    ['proofDir', { proofDir: 'relative' }],
    ['seccomp', { seccomp: 'unconfined' }],
    ['seccomp', { seccomp: '{"defaultAction":"SCMP_ACT_ALLOW"}' }],
    ['user', { user: { uid: 0, gid: 0 } }],
    ['user', { user: { uid: 10_001, gid: 0 } }],
    ['command', { command: [] }],
    ['pull', { pull: 'always' }],
    ['tmpBytes', { tmpBytes: 0 }],
    ['hostPathOf', { hostPathOf: '/x' }],
    ['onStep', { onStep: 'created' }],
  ])('a bad %s is a TypeError that names it', (name, changed) => {
    expect(() => checkOptions({ ...good, ...changed })).toThrow(new RegExp(`^${name}: `));
  });

  test('a worker is never root by default', () => {
    expect(checkOptions(good).user.uid).toBeGreaterThan(0);
    expect(checkOptions(good).user.gid).toBeGreaterThan(0);
  });
});
