/*
 * Derived from moby 20.10.24, profiles/seccomp/default.json
 * Copyright 2012-2017 Docker, Inc. and the moby authors, Apache License 2.0 (https://github.com/moby/moby).
 * Changes: io_uring, userfaultfd, ptrace and socketcall left out; socket() limited to four address families; calls that
 * moby ties to a capability left out, as the levels that use this profile have none; Landlock and newer harmless calls
 * added. Never derive from Podman's profile: it admits user and mount namespaces.
 */
import { createHash } from 'node:crypto';

/** One rule of a profile, as the engine reads it. */
interface SyscallRule {
  readonly names: readonly string[];
  readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
  readonly errnoRet?: number;
  readonly args?: readonly { index: number; value: number; valueTwo?: number; op: string }[];
  readonly includes?: { readonly arches: readonly string[] };
  readonly excludes?: { readonly arches: readonly string[] };
}

/** A seccomp profile in the engine's own format. */
export interface SeccompProfile {
  readonly defaultAction: 'SCMP_ACT_ERRNO';
  readonly defaultErrnoRet: number;
  readonly archMap: readonly {
    readonly architecture: string;
    readonly subArchitectures: readonly string[];
  }[];
  readonly syscalls: readonly SyscallRule[];
}

const FROM_MOBY = `
  _llseek _newselect accept accept4 access adjtimex alarm bind brk capget capset chdir chmod chown chown32
  clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep
  clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1
  epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve execveat exit
  exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchown
  fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstat64
  fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_time64 futex_waitv futimesat get_robust_list
  get_thread_area getcpu getcwd getdents getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups
  getgroups32 getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid getresgid32
  getresuid getresuid32 getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid getuid32
  getxattr inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents
  io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl ioprio_get ioprio_set ipc kill landlock_add_rule
  landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link linkat listen listxattr llistxattr
  lremovexattr lseek lsetxattr lstat lstat64 madvise membarrier memfd_create memfd_secret mincore mkdir mkdirat
  mknod mknodat mlock mlock2 mlockall mmap mmap2 mprotect mq_getsetattr mq_notify mq_open mq_timedreceive
  mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap msgctl msgget msgrcv msgsnd msync
  munlock munlockall munmap nanosleep newfstatat open openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2
  poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease pselect6 pselect6_time64
  pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg recvmmsg_time64
  recvmsg remap_file_pages removexattr rename renameat renameat2 restart_syscall rmdir rseq rt_sigaction
  rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64
  rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
  sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr
  sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop semtimedop_time64
  send sendfile sendfile64 sendmmsg sendmsg sendto set_robust_list set_thread_area set_tid_address setfsgid
  setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority setregid
  setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit setsid setsockopt setuid
  setuid32 setxattr shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 sigprocmask sigreturn
  socketpair splice stat stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range syncfs sysinfo tee
  tgkill time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime
  timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill
  truncate truncate64 ugetrlimit umask uname unlink unlinkat utime utimensat utimensat_time64 utimes vfork
  vmsplice wait4 waitid waitpid write writev
`;

// In newer moby profiles or harmless by kind; what a kernel or libseccomp does not know is ignored by runc.
const NEWER = `
  cachestat fchmodat2 futex_requeue futex_wait futex_wake getxattrat listxattrat map_shadow_stack mseal
  removexattrat setxattrat
`;

const names = (text: string): string[] => text.trim().split(/\s+/);

/** AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK (the list of interfaces); never AF_PACKET, AF_VSOCK or AF_ALG. */
const ADDRESS_FAMILIES = [1, 2, 10, 16] as const;

/** PER_LINUX, UNAME26 and PER_LINUX32 as moby has them, and the question for the current one. */
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff] as const;

/** Every CLONE_NEW* flag that clone() takes; none of them may be set. */
const NAMESPACE_FLAGS = 0x7e020000;

const EPERM = 1;
const ENOSYS = 38;
const allow = (call: string, index: number, value: number, op = 'SCMP_CMP_EQ'): SyscallRule => ({
  names: [call],
  action: 'SCMP_ACT_ALLOW',
  args: [{ index, value, op }],
});
const onlyOn = (arches: readonly string[], ...calls: string[]): SyscallRule => ({
  names: calls,
  action: 'SCMP_ACT_ALLOW',
  includes: { arches },
});
const S390 = ['s390', 's390x'] as const;

const RULES: readonly SyscallRule[] = [
  { names: [...names(FROM_MOBY), ...names(NEWER)], action: 'SCMP_ACT_ALLOW' },
  ...ADDRESS_FAMILIES.map((family) => allow('socket', 0, family)),
  ...PERSONALITIES.map((persona) => allow('personality', 0, persona)),
  { ...allow('clone', 0, NAMESPACE_FLAGS, 'SCMP_CMP_MASKED_EQ'), excludes: { arches: S390 } },
  { ...allow('clone', 1, NAMESPACE_FLAGS, 'SCMP_CMP_MASKED_EQ'), includes: { arches: S390 } },
  // clone3 takes its flags from memory, which a filter cannot read: ENOSYS makes callers fall back to clone.
  { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
  onlyOn(['amd64', 'x32'], 'arch_prctl'),
  onlyOn(['amd64', 'x32', 'x86'], 'modify_ldt'),
  onlyOn(['arm', 'arm64'], 'arm_fadvise64_64', 'arm_sync_file_range', 'breakpoint', 'cacheflush', 'set_tls'),
  onlyOn(['arm', 'arm64', 'ppc64le'], 'sync_file_range2'),
  onlyOn(['riscv64'], 'riscv_flush_icache', 'riscv_hwprobe'),
  onlyOn(S390, 's390_pci_mmio_read', 's390_pci_mmio_write', 's390_runtime_instr'),
];

/** The syscall filter of the levels `permissive` and `sandboxed`. */
export const SECCOMP_PROFILE: SeccompProfile = Object.freeze({
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: EPERM,
  archMap: [
    { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] },
    { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
    { architecture: 'SCMP_ARCH_S390X', subArchitectures: ['SCMP_ARCH_S390'] },
    { architecture: 'SCMP_ARCH_RISCV64', subArchitectures: [] },
  ],
  syscalls: RULES,
});

/** The profile as the engine takes it: its text, not a path. */
export const SECCOMP_JSON: string = JSON.stringify(SECCOMP_PROFILE);

/** Names a profile's text, so that what the engine gives back can be compared. */
export function seccompDigest(json: string): string {
  return createHash('sha256').update(json).digest('hex').slice(0, 16);
}
