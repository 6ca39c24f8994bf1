import { describe, expect, test } from 'vitest';
import { describeEngine } from './describe-engine.js';
import { parseEngine } from './engine-endpoint.js';
import { factsFrom } from './engine-facts.js';
import type { EngineFacts } from './engine-facts.js';
import { admitLevel, judgeEngine } from './engine-verdict.js';
import { engineWarnings } from './engine-warnings.js';

const info = {
  ServerVersion: '28.5.1',
  OSType: 'linux',
  CgroupVersion: '2',
  SecurityOptions: ['name=apparmor', 'name=seccomp,profile=builtin', 'name=cgroupns'],
  DockerRootDir: '/var/lib/docker',
  MemoryLimit: true,
  SwapLimit: true,
  PidsLimit: true,
  CpuCfsQuota: true,
  CpuCfsPeriod: true,
};
const version = {
  ApiVersion: '1.51',
  Components: [
    { Name: 'Engine', Version: '28.5.1' },
    { Name: 'runc', Version: '1.3.3' },
  ],
};
const facts = (changed: Partial<EngineFacts> = {}): EngineFacts => ({
  ...factsFrom(info, version),
  ...changed,
});

describe('what an engine is', () => {
  test('options are read by name', () => {
    expect(facts()).toMatchObject({ seccomp: true, apparmor: true, rootless: false, remapsUsers: false });
    const told = (SecurityOptions: string[]) => factsFrom({ ...info, SecurityOptions }, version);
    expect(told(['name=userns', 'name=seccomp,profile=default'])).toMatchObject({
      remapsUsers: true,
      seccomp: true,
    });
    expect(told(['name=seccomp,profile=builtin', 'name=rootless'])).toMatchObject({
      rootless: true,
      remapsUsers: false,
    });
  });

  test('an engine that says nothing can do nothing', () => {
    expect(judgeEngine(factsFrom({}, {})).refusal?.reason).toBe('the engine runs unknown containers');
    expect(factsFrom({}, {}).limits).toEqual({ memory: false, swap: false, pids: false, cpu: false });
  });
});

describe('what an engine may run', () => {
  test('a good engine starts every level', () => {
    expect(describeEngine(facts())).toMatchObject({
      available: true,
      levels: ['sandboxed', 'permissive', 'privileged'],
    });
  });

  test('engine, runtime and kernel are told apart, each with its version', () => {
    const known = facts({
      version: '20.10.24',
      defaultRuntime: 'runc',
      runcVersion: '1.1.5',
      kernel: '6.18.1',
    });
    expect(describeEngine(known).versions).toEqual({
      engine: { name: 'docker', version: '20.10.24' },
      runtime: { name: 'runc', version: '1.1.5' },
      kernel: { name: 'linux', version: '6.18.1' },
    });
    const other = facts({ defaultRuntime: 'runsc', runcVersion: '1.1.5' });
    // The version of runc says nothing about another runtime.
    expect(describeEngine(other).versions?.runtime).toEqual({ name: 'runsc', version: 'unknown' });
  });

  test.each<[string, Partial<EngineFacts>]>([
    ['windows containers', { osType: 'windows' }],
    ['Podman', { name: 'Podman Engine' }],
    ['rootless', { rootless: true }],
    ['userns-remap', { remapsUsers: true }],
    ['API 1.40', { apiVersion: '1.40' }],
    ['API unknown', { apiVersion: 'unknown' }],
  ])('%s is refused by name, with the fix', (_title, changed) => {
    const verdict = judgeEngine(facts(changed));
    expect(() => admitLevel(verdict, 'permissive')).toThrow(
      expect.objectContaining({ code: 'BACKEND_UNAVAILABLE', fix: expect.any(String) as string }) as Error,
    );
    expect(describeEngine(facts(changed))).toMatchObject({ available: false, levels: [] });
  });

  test('a limit that the engine would drop silently makes the level impossible, not weaker', () => {
    const noSwap = judgeEngine(facts({ limits: { memory: true, swap: false, pids: true, cpu: true } }));
    for (const level of ['permissive', 'sandboxed', 'privileged'] as const) {
      expect(() => admitLevel(noSwap, level)).toThrow(
        expect.objectContaining({ code: 'LEVEL_UNSUPPORTED' }) as Error,
      );
    }
    const noSeccomp = judgeEngine(facts({ seccomp: false }));
    expect(() => admitLevel(noSeccomp, 'sandboxed')).toThrow(/no seccomp/);
    expect(() => admitLevel(noSeccomp, 'privileged')).not.toThrow();
  });
});

describe('known escapes', () => {
  const warned = (runcVersion: string | undefined): number => engineWarnings(facts({ runcVersion })).length;

  test('old versions are warned about, fixed lines are not', () => {
    expect(['1.1.5', '1.1.12', '1.2.7', '1.2.8', '1.3.2', '1.3.3', '1.4.0', '2.0.0'].map(warned)).toEqual([
      2, 1, 1, 0, 1, 0, 0, 0,
    ]);
  });

  test('a version that cannot be read is warned about, a distribution gets the benefit of a sentence', () => {
    expect(warned(undefined)).toBe(2);
    expect(warned('HEAD')).toBe(2);
    expect(engineWarnings(facts({ runcVersion: '1.1.5+ds1-1+deb12u1' }))[0]).toContain('may have patched it');
  });
});

describe('the engine setting', () => {
  test('is a unix socket of this host', () => {
    expect(parseEngine()).toEqual({ socketPath: '/var/run/docker.sock' });
    expect(parseEngine('unix:///x/y.sock')).toEqual({ socketPath: '/x/y.sock' });
    expect(parseEngine('/x/y.sock')).toEqual({ socketPath: '/x/y.sock' });
  });

  test.each([
    'tcp://10.0.0.1:2375',
    'ssh://host',
    'https://host',
    'npipe:////./pipe/docker',
    'relative',
    '',
    'unix://relative',
  ])('%s is refused by the name of the variable', (setting) => {
    expect(() => parseEngine(setting)).toThrow(
      expect.objectContaining({ code: 'BACKEND_UNAVAILABLE', key: 'DOCKER_HOST' }) as Error,
    );
  });
});
