import { caseTable } from './case-table.js';
import type { DrillCase } from './drill-case.js';

const mounts = caseTable('mounts');
const namespaces = caseTable('namespaces');
const system = caseTable('system');

/** Mounts and namespaces. */
export const mountCases: readonly DrillCase[] = [
  mounts.sh(
    { id: 'mnt-tmpfs', action: 'mount a file system', code: 'bbb' },
    'mkdir -p /tmp/m; mount -t tmpfs x /tmp/m',
  ),
  mounts.sh(
    { id: 'mnt-remount', action: 'make the root writable again', code: 'bbb' },
    'mount -o remount,rw /',
  ),
  mounts.sh(
    { id: 'mnt-remount-agent', action: 'make the agent directory writable', code: 'bbb' },
    'mount -o remount,rw,bind /agent',
  ),
  mounts.sh(
    { id: 'mnt-umount-agent', action: 'unmount the agent directory', code: 'bbb', control: false },
    'umount /agent',
  ),
  mounts.sh(
    { id: 'mnt-umount-cover', action: 'uncover a hidden zone', code: 'bbb' },
    'umount /agent/.config',
  ),
  mounts.sh(
    { id: 'mnt-bind', action: 'mount one directory over another', code: 'bbb' },
    'mkdir -p /tmp/b; mount --bind / /tmp/b',
  ),
  mounts.sh(
    { id: 'mnt-proc', action: 'mount a fresh /proc without masks', code: 'bbb' },
    'mkdir -p /tmp/p; mount -t proc p /tmp/p',
  ),
  mounts.probe(
    { id: 'mnt-fsopen', action: 'use the new mount interface (fsopen)', code: 'bbb' },
    'call',
    'reached',
    'fsopen',
    's:tmpfs',
    '0',
  ),
  mounts.probe(
    { id: 'mnt-opentree', action: 'use the new mount interface (open_tree)', code: 'bbb' },
    'call',
    'reached',
    'open_tree',
    '-100',
    's:/',
    '1',
  ),
  namespaces.sh({ id: 'ns-user', action: 'make a user namespace', code: 'bbb' }, 'unshare -U true'),
  namespaces.sh({ id: 'ns-mount', action: 'make a mount namespace', code: 'bbb' }, 'unshare -m true'),
  namespaces.sh(
    { id: 'ns-userns-mount', action: 'mount as root of a user namespace', code: 'bbb' },
    'unshare -Urm sh -c "mount -t tmpfs x /mnt || mount -t tmpfs x /tmp"',
  ),
  namespaces.probe(
    { id: 'ns-setns', action: 'enter another namespace', code: 'bbb' },
    'setns',
    '/proc/1/ns/mnt',
  ),
  namespaces.sh({ id: 'ns-chroot', action: 'change the root directory', code: 'bba' }, 'chroot / true'),
  namespaces.probe(
    { id: 'ns-pivot', action: 'swap the root mount', code: 'bbb' },
    'call',
    'reached',
    'pivot_root',
    's:/',
    's:/',
  ),
];

/** Calls into the kernel that a worker has no business with. */
export const systemCases: readonly DrillCase[] = [
  system.probe(
    { id: 'sys-module', action: 'load a kernel module', code: 'bbb', control: false },
    'call',
    'reached',
    'init_module',
    '0',
    '0',
    '0',
  ),
  system.probe(
    { id: 'sys-bpf', action: 'make a BPF map', code: 'bbb' },
    'call',
    'works',
    'bpf',
    '0',
    'b:0200000004000000040000000100000000000000',
    '120',
  ),
  system.probe(
    { id: 'sys-perf', action: 'watch the CPU by perf events', code: 'bbb' },
    'call',
    'works',
    'perf_event_open',
    'b:01000000700000000000000000000000',
    '0',
    '-1',
    '-1',
    '0',
  ),
  system.probe(
    { id: 'sys-addkey', action: 'add a key to the kernel key ring', code: 'bbb' },
    'call',
    'reached',
    'add_key',
    's:user',
    's:a',
    's:b',
    '1',
    '-3',
  ),
  system.probe(
    { id: 'sys-userfaultfd', action: 'handle page faults in user space', code: 'bbb' },
    'call',
    'reached',
    'userfaultfd',
    '0',
  ),
  system.probe(
    { id: 'sys-io-uring', action: 'use io_uring', code: 'bb?' },
    'call',
    'works',
    'io_uring_setup',
    '4',
    'z:120',
  ),
  system.probe(
    { id: 'sys-openbyhandle', action: 'open a file of the host by its handle', code: 'bbb' },
    'call',
    'reached',
    'open_by_handle_at',
    '-100',
    '0',
    '0',
  ),
  system.probe(
    { id: 'sys-personality', action: 'switch address randomisation off', code: 'bbb' },
    'call',
    'reached',
    'personality',
    '0x40000',
  ),
  system.probe(
    { id: 'sys-ptrace', action: 'become traceable (ptrace)', code: 'bb?' },
    'call',
    'works',
    'ptrace',
    '0',
    '0',
    '0',
    '0',
  ),
  system.probe(
    { id: 'sys-vm-read', action: "read another process's memory", code: 'bb?' },
    'call',
    'reached',
    'process_vm_readv',
    '1',
    '0',
    '0',
    '0',
    '0',
    '0',
  ),
  system.probe(
    { id: 'sys-reboot', action: 'reboot the host', code: 'bbb', control: false },
    'call',
    'reached',
    'reboot',
    '0xfee1dead',
    '672274793',
    '0',
    '0',
  ),
  system.probe(
    { id: 'sys-kexec', action: 'load another kernel', code: 'bbb', control: false },
    ...['call', 'reached', 'kexec_load', '0', '0', '0', '0'],
  ),
  system.probe(
    { id: 'sys-swapon', action: 'swap to a file', code: 'bbb' },
    'call',
    'reached',
    'swapon',
    's:/tmp/x',
    '0',
  ),
  system.probe(
    { id: 'sys-acct', action: 'switch process accounting', code: 'bbb', control: false },
    'call',
    'reached',
    'acct',
    '0',
  ),
  system.sh({ id: 'sys-hostname', action: 'rename the host', code: 'bbb', control: false }, 'hostname evil'),
  system.probe(
    { id: 'sys-time', action: 'set the clock', code: 'bbb', control: false },
    ...['call', 'reached', 'settimeofday', '0', '0'],
  ),
  system.sh({ id: 'sys-dmesg', action: "read the kernel's log", code: 'bbb' }, 'dmesg | grep -q .'),
  system.sh(
    { id: 'sys-oomadj', action: 'hide from the memory killer', code: 'bbb', control: false },
    'sh -c "echo -1000 > /proc/self/oom_score_adj"',
  ),
  system.probe(
    { id: 'sys-nice', action: 'take priority over others', code: 'bbb' },
    ...['call', 'works', 'setpriority', '0', '0', '-10'],
  ),
  system.sh(
    { id: 'sys-rlimit', action: 'write core dumps', code: 'bba' },
    '[ "$(ulimit -c)" != 0 ] || ulimit -c 100',
  ),
];
