import { describe, expect, it } from 'vitest';
import { lackingFeatures } from './lacking-feature.js';

describe('what a worker misses to confine commands', () => {
  it.each([
    [
      'No working confiner: this kernel has no Landlock (CONFIG_SECURITY_LANDLOCK, Linux 5.13 or newer).',
      'CONFIG_SECURITY_LANDLOCK',
    ],
    [
      'Landlock is built into this kernel but not switched on (boot parameter lsm=landlock,...)',
      'lsm=landlock',
    ],
    [
      'the system call filter of this container refuses Landlock (landlock_create_ruleset)',
      'landlock_create_ruleset',
    ],
    ['this kernel has no system call filters (CONFIG_SECCOMP_FILTER)', 'CONFIG_SECCOMP_FILTER'],
  ])('"%s" names the part of the kernel', (reason, feature) => {
    expect(lackingFeatures(reason)).toEqual([`exec.lacks.${feature}`]);
  });

  it('is no part of the kernel where a program is not installed', () => {
    expect(lackingFeatures('bubblewrap is not installed')).toEqual([]);
  });
});
