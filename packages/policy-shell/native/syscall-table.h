/* System calls that a confined command must not make, with their numbers on x86_64 and aarch64 (-1: does not exist
 * there). filter.integration.test.ts compares the numbers with the headers of the build machine. */
#ifndef CLAWFORCE_SYSCALL_TABLE_H
#define CLAWFORCE_SYSCALL_TABLE_H

/* The last call of Linux 6.18. What is newer nobody has judged: ENOSYS, so that programs fall back. */
#define LAST_KNOWN_SYSCALL 469

/* clang-format off */
#define REFUSED_SYSCALLS(REFUSE) \
  /* look into, steer or change other processes */ \
  REFUSE(ptrace, 101, 117) \
  REFUSE(process_vm_readv, 310, 270) \
  REFUSE(process_vm_writev, 311, 271) \
  REFUSE(process_madvise, 440, 440) \
  REFUSE(process_mrelease, 448, 448) \
  REFUSE(pidfd_getfd, 438, 438) \
  REFUSE(kcmp, 312, 272) \
  REFUSE(migrate_pages, 256, 238) \
  REFUSE(move_pages, 279, 239) \
  /* namespaces and mounts, old and new interface */ \
  REFUSE(unshare, 272, 97) \
  REFUSE(setns, 308, 268) \
  REFUSE(mount, 165, 40) \
  REFUSE(umount2, 166, 39) \
  REFUSE(pivot_root, 155, 41) \
  REFUSE(chroot, 161, 51) \
  REFUSE(open_tree, 428, 428) \
  REFUSE(move_mount, 429, 429) \
  REFUSE(fsopen, 430, 430) \
  REFUSE(fsconfig, 431, 431) \
  REFUSE(fsmount, 432, 432) \
  REFUSE(fspick, 433, 433) \
  REFUSE(mount_setattr, 442, 442) \
  REFUSE(statmount, 457, 457) \
  REFUSE(listmount, 458, 458) \
  REFUSE(open_tree_attr, 467, 467) \
  /* files by handle, without a path that Landlock could judge */ \
  REFUSE(open_by_handle_at, 304, 265) \
  REFUSE(fanotify_init, 300, 262) \
  REFUSE(fanotify_mark, 301, 263) \
  /* System V and POSIX message queues, semaphores, memory: shared with every process of the user */ \
  REFUSE(shmget, 29, 194) \
  REFUSE(shmat, 30, 196) \
  REFUSE(shmctl, 31, 195) \
  REFUSE(shmdt, 67, 197) \
  REFUSE(semget, 64, 190) \
  REFUSE(semop, 65, 193) \
  REFUSE(semctl, 66, 191) \
  REFUSE(semtimedop, 220, 192) \
  REFUSE(msgget, 68, 186) \
  REFUSE(msgsnd, 69, 189) \
  REFUSE(msgrcv, 70, 188) \
  REFUSE(msgctl, 71, 187) \
  REFUSE(mq_open, 240, 180) \
  REFUSE(mq_unlink, 241, 181) \
  REFUSE(mq_timedsend, 242, 182) \
  REFUSE(mq_timedreceive, 243, 183) \
  REFUSE(mq_notify, 244, 184) \
  REFUSE(mq_getsetattr, 245, 185) \
  /* parts of the kernel with a history, and that no honest command needs */ \
  REFUSE(bpf, 321, 280) \
  REFUSE(perf_event_open, 298, 241) \
  REFUSE(userfaultfd, 323, 282) \
  REFUSE(add_key, 248, 217) \
  REFUSE(request_key, 249, 218) \
  REFUSE(keyctl, 250, 219) \
  REFUSE(modify_ldt, 154, -1) \
  REFUSE(lookup_dcookie, 212, 18) \
  REFUSE(remap_file_pages, 216, 234) \
  REFUSE(vhangup, 153, 58) \
  REFUSE(syslog, 103, 116) \
  /* the machine itself */ \
  REFUSE(acct, 163, 89) \
  REFUSE(adjtimex, 159, 171) \
  REFUSE(clock_adjtime, 305, 266) \
  REFUSE(clock_settime, 227, 112) \
  REFUSE(settimeofday, 164, 170) \
  REFUSE(sethostname, 170, 161) \
  REFUSE(setdomainname, 171, 162) \
  REFUSE(swapon, 167, 224) \
  REFUSE(swapoff, 168, 225) \
  REFUSE(reboot, 169, 142) \
  REFUSE(kexec_load, 246, 104) \
  REFUSE(kexec_file_load, 320, 294) \
  REFUSE(init_module, 175, 105) \
  REFUSE(finit_module, 313, 273) \
  REFUSE(delete_module, 176, 106) \
  REFUSE(create_module, 174, -1) \
  REFUSE(get_kernel_syms, 177, -1) \
  REFUSE(query_module, 178, -1) \
  REFUSE(iopl, 172, -1) \
  REFUSE(ioperm, 173, -1) \
  REFUSE(quotactl, 179, 60) \
  REFUSE(quotactl_fd, 443, 443) \
  REFUSE(nfsservctl, 180, 42) \
  REFUSE(uselib, 134, -1) \
  REFUSE(ustat, 136, -1) \
  REFUSE(sysfs, 139, -1) \
  REFUSE(_sysctl, 156, -1)

/* Answered as if the kernel did not have them, so that programs use what the filter can look into: clone3 and openat2
 * hide their flags behind a pointer; io_uring makes calls that no filter sees. */
#define ABSENT_SYSCALLS(REFUSE) \
  REFUSE(clone3, 435, 435) \
  REFUSE(openat2, 437, 437) \
  REFUSE(io_uring_setup, 425, 425) \
  REFUSE(io_uring_enter, 426, 426) \
  REFUSE(io_uring_register, 427, 427)

/* Answered as by a file system without extended attributes, which programs expect: by name they reach files outside, and
 * an access control list lets other users in. By descriptor they stay. */
#define UNSUPPORTED_SYSCALLS(REFUSE) \
  REFUSE(setxattr, 188, 5) \
  REFUSE(lsetxattr, 189, 6) \
  REFUSE(setxattrat, 463, 463) \
  REFUSE(removexattr, 197, 14) \
  REFUSE(lremovexattr, 198, 15) \
  REFUSE(removexattrat, 466, 466) \
  REFUSE(file_setattr, 469, 469)

/* Refused or allowed by their arguments; see filter.c. */
#define JUDGED_SYSCALLS(JUDGE) \
  JUDGE(clone, 56, 220) \
  JUDGE(socket, 41, 198) \
  JUDGE(socketpair, 53, 199) \
  JUDGE(connect, 42, 203) \
  JUDGE(bind, 49, 200) \
  JUDGE(listen, 50, 201) \
  JUDGE(sendto, 44, 206) \
  JUDGE(sendmsg, 46, 211) \
  JUDGE(sendmmsg, 307, 269) \
  JUDGE(ioctl, 16, 29) \
  JUDGE(personality, 135, 92) \
  JUDGE(prlimit64, 302, 261) \
  JUDGE(setpriority, 141, 140) \
  JUDGE(ioprio_set, 251, 30) \
  JUDGE(sched_setparam, 142, 118) \
  JUDGE(sched_setscheduler, 144, 119) \
  JUDGE(sched_setaffinity, 203, 122) \
  JUDGE(sched_setattr, 314, 274) \
  JUDGE(kill, 62, 129) \
  JUDGE(open, 2, -1) \
  JUDGE(openat, 257, 56) \
  JUDGE(creat, 85, -1) \
  JUDGE(truncate, 76, 45) \
  JUDGE(mknod, 133, -1) \
  JUDGE(mknodat, 259, 33) \
  JUDGE(chmod, 90, -1) \
  JUDGE(fchmod, 91, 52) \
  JUDGE(fchmodat, 268, 53) \
  JUDGE(fchmodat2, 452, 452)
/* clang-format on */

#endif
