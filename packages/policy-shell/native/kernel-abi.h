/* What the kernel promises and the headers of a build machine may be too old to name. */
#ifndef CLAWFORCE_KERNEL_ABI_H
#define CLAWFORCE_KERNEL_ABI_H

#include <stdint.h>
#include <sys/syscall.h>

/* Same number on every architecture. */
#define NR_PIDFD_OPEN 434
#define NR_CLOSE_RANGE 436
#define NR_LANDLOCK_CREATE_RULESET 444
#define NR_LANDLOCK_ADD_RULE 445
#define NR_LANDLOCK_RESTRICT_SELF 446

/* Documentation/userspace-api/landlock.rst; the comment says with which ABI a right appeared. */
#define FS_EXECUTE (1ULL << 0)
#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_ALL_OF_ABI_1 ((1ULL << 13) - 1)
#define FS_MAKE_CHAR (1ULL << 6)
#define FS_MAKE_SOCK (1ULL << 9)
#define FS_MAKE_BLOCK (1ULL << 11)
#define FS_REFER (1ULL << 13)     /* 2 */
#define FS_TRUNCATE (1ULL << 14)  /* 3 */
#define FS_IOCTL_DEV (1ULL << 15) /* 5 */
#define NET_BIND_TCP (1ULL << 0)  /* 4 */
#define NET_CONNECT_TCP (1ULL << 1)
#define SCOPE_ABSTRACT_UNIX (1ULL << 0) /* 6 */
#define SCOPE_SIGNAL (1ULL << 1)

#define ABI_REFER 2
#define ABI_TRUNCATE 3
#define ABI_NET 4
#define ABI_IOCTL_DEV 5
#define ABI_SCOPE 6
/* The newest ABI whose rights this program handles. */
#define ABI_KNOWN 7

#define CREATE_RULESET_VERSION 1U
#define RULE_PATH_BENEATH 1
#define RULE_NET_PORT 2

struct ruleset_attr {
  uint64_t handled_access_fs;
  uint64_t handled_access_net;
  uint64_t scoped;
};

struct path_beneath_attr {
  uint64_t allowed_access;
  int32_t parent_fd;
} __attribute__((packed));

struct net_port_attr {
  uint64_t allowed_access;
  uint64_t port;
};

/* linux/filter.h, linux/seccomp.h, linux/audit.h */
struct bpf_instruction {
  uint16_t code;
  uint8_t jt;
  uint8_t jf;
  uint32_t k;
};

struct bpf_program {
  uint16_t len;
  const struct bpf_instruction *filter;
};

#define BPF_LOAD 0x20        /* BPF_LD | BPF_W | BPF_ABS */
#define BPF_AND 0x54         /* BPF_ALU | BPF_AND | BPF_K */
#define BPF_JUMP_EQUAL 0x15  /* BPF_JMP | BPF_JEQ | BPF_K */
#define BPF_JUMP_GREATER 0x25 /* BPF_JMP | BPF_JGT | BPF_K */
#define BPF_JUMP_SET 0x45    /* BPF_JMP | BPF_JSET | BPF_K */
#define BPF_RETURN 0x06      /* BPF_RET | BPF_K */

#define SECCOMP_MODE_FILTER_NUMBER 2
#define VERDICT_ALLOW 0x7fff0000U
#define VERDICT_ERRNO 0x00050000U
#define VERDICT_KILL_PROCESS 0x80000000U

#define AUDIT_X86_64 0xc000003eU
#define AUDIT_AARCH64 0xc00000b7U

/* linux/capability.h */
#define CAPABILITY_VERSION_3 0x20080522U

struct capability_header {
  uint32_t version;
  int32_t pid;
};

struct capability_data {
  uint32_t effective;
  uint32_t permitted;
  uint32_t inheritable;
};

#endif
