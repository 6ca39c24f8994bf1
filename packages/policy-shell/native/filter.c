/* The system call filter, as classic BPF. Every rule is a block that begins by comparing the call's number, falls
 * through to the next block when it is another call, and otherwise ends in a verdict. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "confine.h"
#include "syscall-table.h"

#define REFUSED (VERDICT_ERRNO | EPERM)
#define ABSENT (VERDICT_ERRNO | ENOSYS)
#define UNSUPPORTED (VERDICT_ERRNO | EOPNOTSUPP)

/* struct seccomp_data. Both architectures are little-endian; the kernel truncates an int argument to its low half, and
 * so must a comparison (CVE-2019-10063). */
enum { NUMBER_OFFSET = 0, ARCHITECTURE_OFFSET = 4, ARGUMENTS_OFFSET = 16 };

enum {
  X32_BIT = 0x40000000,
  CLONE_FLAGS_REFUSED = 0x7e028000, /* CLONE_NEW*, and CLONE_PARENT: a child that the caller would have to reap */
  FAMILY_UNIX = 1,
  FAMILY_INET = 2,
  FAMILY_INET6 = 10,
  FAMILY_NETLINK = 16,
  TYPE_MASK = 0xf,
  TYPE_STREAM = 1,
  TYPE_SEQPACKET = 5,
  PROTOCOL_TCP = 6,
  MSG_FASTOPEN_FLAG = 0x20000000,
  TIOCSTI_REQUEST = 0x5412,
  TIOCLINUX_REQUEST = 0x541c,
  TIOCSETD_REQUEST = 0x5423,
  MODE_SET_ID = 06000,
  OPEN_CREATES = 0x400040, /* O_CREAT | __O_TMPFILE */
  OPEN_TRUNCATE = 0x200,
  OPEN_ACCESS_MODE = 3,
};

static void add(struct filter *filter, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k) {
  if (filter->length == sizeof filter->code / sizeof *filter->code) fail(STEP_SECCOMP, "filter too long", 0);
  filter->code[filter->length++] = (struct bpf_instruction){code, jt, jf, k};
}

static void verdict(struct filter *filter, uint32_t value) { add(filter, BPF_RETURN, 0, 0, value); }

static void load_low(struct filter *filter, unsigned argument) {
  add(filter, BPF_LOAD, 0, 0, ARGUMENTS_OFFSET + 8 * argument);
}

static void load_high(struct filter *filter, unsigned argument) {
  add(filter, BPF_LOAD, 0, 0, ARGUMENTS_OFFSET + 8 * argument + 4);
}

static void verdict_if_equal(struct filter *filter, uint32_t value, uint32_t then) {
  add(filter, BPF_JUMP_EQUAL, 0, 1, value);
  verdict(filter, then);
}

static void verdict_unless_equal(struct filter *filter, uint32_t value, uint32_t then) {
  add(filter, BPF_JUMP_EQUAL, 1, 0, value);
  verdict(filter, then);
}

static void verdict_if_bits(struct filter *filter, uint32_t bits, uint32_t then) {
  add(filter, BPF_JUMP_SET, 0, 1, bits);
  verdict(filter, then);
}

/* Opens a block for one call; the jump over it is filled in when it closes. */
static size_t begin(struct filter *filter, int number) {
  add(filter, BPF_JUMP_EQUAL, 0, 0, (uint32_t)number);
  return filter->length - 1;
}

static void end(struct filter *filter, size_t opened) {
  size_t distance = filter->length - opened - 1;
  if (distance > UINT8_MAX) fail(STEP_SECCOMP, "block too long", 0);
  filter->code[opened].jf = (uint8_t)distance;
  /* The block may have loaded an argument, but whoever jumped over it still holds the number. */
}

static void answer(struct filter *filter, int number, uint32_t then) {
  if (number < 0) return;
  size_t block = begin(filter, number);
  verdict(filter, then);
  end(filter, block);
}

static void judge_socket(struct filter *filter, int number, enum network network) {
  size_t block = begin(filter, number);
  load_low(filter, 0);
  switch (network) {
    case NETWORK_NONE:
      break;
    case NETWORK_TCP_PORT:
      /* MPTCP and SCTP are stream sockets too, and Landlock does not see their connect. */
      add(filter, BPF_JUMP_EQUAL, 2, 0, FAMILY_INET);
      verdict_unless_equal(filter, FAMILY_INET6, REFUSED);
      load_low(filter, 1);
      add(filter, BPF_AND, 0, 0, TYPE_MASK);
      verdict_unless_equal(filter, TYPE_STREAM, REFUSED);
      load_low(filter, 2);
      verdict_if_equal(filter, 0, VERDICT_ALLOW);
      verdict_if_equal(filter, PROTOCOL_TCP, VERDICT_ALLOW);
      break;
    case NETWORK_HOST:
      verdict_if_equal(filter, FAMILY_INET, VERDICT_ALLOW);
      verdict_if_equal(filter, FAMILY_INET6, VERDICT_ALLOW);
      /* NETLINK_ROUTE: programs list interfaces and choose addresses with it. */
      verdict_unless_equal(filter, FAMILY_NETLINK, REFUSED);
      load_low(filter, 2);
      verdict_if_equal(filter, 0, VERDICT_ALLOW);
      break;
  }
  verdict(filter, REFUSED);
  end(filter, block);
}

static void judge_socketpair(struct filter *filter, int number) {
  size_t block = begin(filter, number);
  load_low(filter, 0);
  verdict_unless_equal(filter, FAMILY_UNIX, REFUSED);
  load_low(filter, 1);
  add(filter, BPF_AND, 0, 0, TYPE_MASK);
  /* One end of a datagram pair can still be sent, or connected, to any socket that has a name. */
  verdict_if_equal(filter, TYPE_STREAM, VERDICT_ALLOW);
  verdict_if_equal(filter, TYPE_SEQPACKET, VERDICT_ALLOW);
  verdict(filter, REFUSED);
  end(filter, block);
}

static void refuse_bits(struct filter *filter, int number, unsigned argument, uint32_t bits) {
  if (number < 0) return;
  size_t block = begin(filter, number);
  load_low(filter, argument);
  verdict_if_bits(filter, bits, REFUSED);
  verdict(filter, VERDICT_ALLOW);
  end(filter, block);
}

static void judge_ioctl(struct filter *filter, int number) {
  size_t block = begin(filter, number);
  load_low(filter, 1);
  verdict_if_equal(filter, TIOCSTI_REQUEST, REFUSED);
  verdict_if_equal(filter, TIOCLINUX_REQUEST, REFUSED);
  verdict_if_equal(filter, TIOCSETD_REQUEST, REFUSED);
  verdict(filter, VERDICT_ALLOW);
  end(filter, block);
}

static void judge_personality(struct filter *filter, int number) {
  /* Plain Linux, 32 bit display, UNAME26, a question. Not: executable data, fixed addresses. */
  static const uint32_t harmless[] = {0, 0x8, 0x20000, 0x20008, 0xffffffff};
  size_t block = begin(filter, number);
  load_low(filter, 0);
  for (size_t at = 0; at < sizeof harmless / sizeof *harmless; at++) {
    verdict_if_equal(filter, harmless[at], VERDICT_ALLOW);
  }
  verdict(filter, REFUSED);
  end(filter, block);
}

/* The limits of another process of the user can be read, not set. */
static void judge_prlimit(struct filter *filter, int number) {
  size_t block = begin(filter, number);
  load_low(filter, 0);
  verdict_if_equal(filter, 0, VERDICT_ALLOW);
  load_low(filter, 2);
  verdict_unless_equal(filter, 0, REFUSED);
  load_high(filter, 2);
  verdict_if_equal(filter, 0, VERDICT_ALLOW);
  verdict(filter, REFUSED);
  end(filter, block);
}

/* Scheduling of the caller itself or of its group: argument 1 must be 0 and argument 0 name one of the two. */
static void judge_priority(struct filter *filter, int number, uint32_t process, uint32_t group) {
  size_t block = begin(filter, number);
  load_low(filter, 1);
  verdict_unless_equal(filter, 0, REFUSED);
  load_low(filter, 0);
  verdict_if_equal(filter, process, VERDICT_ALLOW);
  verdict_if_equal(filter, group, VERDICT_ALLOW);
  verdict(filter, REFUSED);
  end(filter, block);
}

static void only_if_zero(struct filter *filter, int number, unsigned argument) {
  size_t block = begin(filter, number);
  load_low(filter, argument);
  verdict_if_equal(filter, 0, VERDICT_ALLOW);
  verdict(filter, REFUSED);
  end(filter, block);
}

static void judge_kill(struct filter *filter, int number) {
  size_t block = begin(filter, number);
  load_low(filter, 0);
  verdict_if_equal(filter, UINT32_MAX, REFUSED);
  verdict(filter, VERDICT_ALLOW);
  end(filter, block);
}

static void judge_open(struct filter *filter, int number, unsigned flags, int abi) {
  if (number < 0) return;
  size_t block = begin(filter, number);
  load_low(filter, flags);
  if (abi < ABI_TRUNCATE) {
    /* Truncates a file although it is opened for reading, and this Landlock looks at reading only. */
    add(filter, BPF_AND, 0, 0, OPEN_TRUNCATE | OPEN_ACCESS_MODE);
    verdict_if_equal(filter, OPEN_TRUNCATE, REFUSED);
    load_low(filter, flags);
  }
  /* Without these flags the mode is whatever the register held. */
  add(filter, BPF_JUMP_SET, 1, 0, OPEN_CREATES);
  verdict(filter, VERDICT_ALLOW);
  load_low(filter, flags + 1);
  verdict_if_bits(filter, MODE_SET_ID, REFUSED);
  verdict(filter, VERDICT_ALLOW);
  end(filter, block);
}

#define NUMBER_OF(name, x86_64, aarch64) int name = on_x86_64 ? (x86_64) : (aarch64);
#define REFUSE(name, x86_64, aarch64) answer(filter, on_x86_64 ? (x86_64) : (aarch64), REFUSED);
#define MISSING(name, x86_64, aarch64) answer(filter, on_x86_64 ? (x86_64) : (aarch64), ABSENT);
#define UNKNOWN_HERE(name, x86_64, aarch64) answer(filter, on_x86_64 ? (x86_64) : (aarch64), UNSUPPORTED);

void build_filter(struct filter *filter, uint32_t architecture, struct filter_options options) {
  bool on_x86_64 = architecture == AUDIT_X86_64;
  filter->length = 0;
  add(filter, BPF_LOAD, 0, 0, ARCHITECTURE_OFFSET);
  verdict_unless_equal(filter, architecture, VERDICT_KILL_PROCESS);
  add(filter, BPF_LOAD, 0, 0, NUMBER_OFFSET);
  /* Also ends x32, whose numbers carry X32_BIT, and what is newer than the table. */
  _Static_assert(LAST_KNOWN_SYSCALL < X32_BIT, "x32 calls lie above the table");
  add(filter, BPF_JUMP_GREATER, 0, 1, LAST_KNOWN_SYSCALL);
  verdict(filter, ABSENT);
  REFUSED_SYSCALLS(REFUSE)
  ABSENT_SYSCALLS(MISSING)
  UNSUPPORTED_SYSCALLS(UNKNOWN_HERE)
  {
    /* Variables named like the calls, in a scope of their own. */
    JUDGED_SYSCALLS(NUMBER_OF)
    refuse_bits(filter, clone, 0, CLONE_FLAGS_REFUSED);
    judge_socket(filter, socket, options.network);
    judge_socketpair(filter, socketpair);
    if (options.network == NETWORK_NONE) answer(filter, connect, REFUSED);
    if (options.network != NETWORK_HOST) {
      answer(filter, bind, REFUSED);
      /* Landlock does not see a listen that binds by itself, nor a connection opened by sending. */
      answer(filter, listen, REFUSED);
      refuse_bits(filter, sendto, 3, MSG_FASTOPEN_FLAG);
      refuse_bits(filter, sendmsg, 2, MSG_FASTOPEN_FLAG);
      refuse_bits(filter, sendmmsg, 3, MSG_FASTOPEN_FLAG);
    }
    judge_ioctl(filter, ioctl);
    judge_personality(filter, personality);
    judge_prlimit(filter, prlimit64);
    judge_priority(filter, setpriority, 0, 1);
    judge_priority(filter, ioprio_set, 1, 2);
    only_if_zero(filter, sched_setparam, 0);
    only_if_zero(filter, sched_setscheduler, 0);
    only_if_zero(filter, sched_setaffinity, 0);
    only_if_zero(filter, sched_setattr, 0);
    if (options.abi < ABI_SCOPE) judge_kill(filter, kill);
    if (options.abi < ABI_TRUNCATE) answer(filter, truncate, REFUSED);
    judge_open(filter, open, 1, options.abi);
    judge_open(filter, openat, 2, options.abi);
    refuse_bits(filter, creat, 1, MODE_SET_ID);
    refuse_bits(filter, mknod, 1, MODE_SET_ID);
    refuse_bits(filter, mknodat, 2, MODE_SET_ID);
    refuse_bits(filter, chmod, 1, MODE_SET_ID);
    refuse_bits(filter, fchmod, 1, MODE_SET_ID);
    refuse_bits(filter, fchmodat, 2, MODE_SET_ID);
    refuse_bits(filter, fchmodat2, 2, MODE_SET_ID);
  }
  verdict(filter, VERDICT_ALLOW);
}

void apply_filter(struct filter_options options) {
#if defined(__x86_64__)
  const uint32_t architecture = AUDIT_X86_64;
#elif defined(__aarch64__)
  const uint32_t architecture = AUDIT_AARCH64;
#else
#error "no system call table for this architecture"
#endif
  struct filter filter;
  build_filter(&filter, architecture, options);
  struct bpf_program program = {(uint16_t)filter.length, filter.code};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER_NUMBER, &program) != 0) fail(STEP_SECCOMP, "install the filter", errno);
}

void print_filter(const char *architecture, struct filter_options options) {
  struct filter filter;
  if (strcmp(architecture, "x86_64") == 0) {
    build_filter(&filter, AUDIT_X86_64, options);
  } else if (strcmp(architecture, "aarch64") == 0) {
    build_filter(&filter, AUDIT_AARCH64, options);
  } else {
    fail(STEP_ARGUMENTS, "--dump-filter takes x86_64 or aarch64", 0);
  }
  printf("[");
  for (size_t at = 0; at < filter.length; at++) {
    const struct bpf_instruction *i = &filter.code[at];
    printf("%s[%u,%u,%u,%u]", at == 0 ? "" : ",", i->code, i->jt, i->jf, (unsigned)i->k);
  }
  printf("]\n");
}
