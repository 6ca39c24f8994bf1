import { expect, test } from 'vitest';
import { SECCOMP_JSON, SECCOMP_PROFILE } from './seccomp-profile.js';

const named = (call: string) => SECCOMP_PROFILE.syscalls.filter(({ names }) => names.includes(call));
const isFree = (call: string): boolean =>
  named(call).some(({ action, args }) => action === 'SCMP_ACT_ALLOW' && args === undefined);

test('refuses by default, and stays small enough to be sent with every container', () => {
  expect(SECCOMP_PROFILE.defaultAction).toBe('SCMP_ACT_ERRNO');
  expect(SECCOMP_JSON.length).toBeLessThan(16_384);
});

test.each([
  ...['io_uring_setup', 'io_uring_enter', 'io_uring_register', 'userfaultfd', 'ptrace', 'process_vm_readv'],
  ...[
    'process_vm_writev',
    'socketcall',
    'unshare',
    'setns',
    'mount',
    'umount2',
    'pivot_root',
    'chroot',
    'fsopen',
  ],
  ...[
    'open_tree',
    'move_mount',
    'bpf',
    'perf_event_open',
    'add_key',
    'keyctl',
    'request_key',
    'open_by_handle_at',
  ],
  ...[
    'init_module',
    'finit_module',
    'kexec_load',
    'reboot',
    'settimeofday',
    'clock_settime',
    'syslog',
    'quotactl',
  ],
])('an attacker wants %s: no rule allows it', (call) => {
  expect(named(call)).toEqual([]);
});

test('what Node, a shell and the command confinement need is allowed', () => {
  for (const call of [
    'execve',
    'openat',
    'openat2',
    'epoll_pwait2',
    'memfd_create',
    'seccomp',
    'prctl',
    'socketpair',
  ]) {
    expect(isFree(call), call).toBe(true);
  }
  for (const call of ['landlock_create_ruleset', 'landlock_add_rule', 'landlock_restrict_self']) {
    expect(isFree(call), call).toBe(true);
  }
});

test('socket() has four families, clone() no namespace flag, clone3() does not exist', () => {
  expect(named('socket').map(({ args }) => args?.[0]?.value)).toEqual([1, 2, 10, 16]);
  expect(isFree('socket')).toBe(false);
  expect(isFree('clone')).toBe(false);
  expect(named('clone').every(({ args }) => args?.[0]?.op === 'SCMP_CMP_MASKED_EQ')).toBe(true);
  expect(named('clone3')).toEqual([{ names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 }]);
});
