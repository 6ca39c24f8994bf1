/* clawforce-confine: puts walls around itself and becomes the given program. See main.c. */
#ifndef CLAWFORCE_CONFINE_H
#define CLAWFORCE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "kernel-abi.h"

/* Exit status of a step that failed; nothing was executed then. The command has not seen these. */
enum step {
  STEP_ARGUMENTS = 220,
  STEP_DESCRIPTORS,
  STEP_LIMITS,
  STEP_PRIVILEGES,
  STEP_LANDLOCK_ABI,
  STEP_LANDLOCK_PATH,
  STEP_LANDLOCK_PORT,
  STEP_LANDLOCK,
  STEP_GUARD,
  STEP_SECCOMP,
  STEP_EXEC_DENIED = 126,
  STEP_EXEC_MISSING = 127,
};

enum network { NETWORK_NONE, NETWORK_TCP_PORT, NETWORK_HOST };

enum grant_kind { GRANT_WRITE, GRANT_READ, GRANT_READ_IF_EXISTS, GRANT_DEVICE };

struct grant {
  enum grant_kind kind;
  const char *path;
};

struct limit {
  int resource;
  rlim_t value;
};

enum { MOST_GRANTS = 256, MOST_LIMITS = 16 };

struct options {
  struct grant grants[MOST_GRANTS];
  size_t grant_count;
  struct limit limits[MOST_LIMITS];
  size_t limit_count;
  enum network network;
  uint16_t port;
  int least_abi;
  int most_abi;
  int status_fd; /* -1: none */
  pid_t caller;  /* 0: not named */
  const char *dump_filter; /* an architecture, or NULL */
  bool probe;
  char **command;
};

/* Ends the program with one line on standard error. All but a failed exec are told to the status descriptor too: there a
 * caller learns, and no command can pretend, that nothing was executed. */
_Noreturn void fail(enum step step, const char *what, int error);
/* Tells fail() about the status descriptor. */
void report_failures_to(int status_fd);

void read_arguments(int count, char **words, struct options *options);

/* The ABI that the kernel offers, or 0, and then errno says why: ENOSYS not built in, EOPNOTSUPP not switched on, EPERM
 * a container's filter. */
int landlock_abi(void);
void apply_landlock(const struct options *options, int abi);
/* A second domain inside the first, so that the command cannot signal the guard. */
void apply_inner_scope(void);

void apply_limits(const struct options *options);
void drop_privileges(void);

/* A process outside of the domain-to-be that can be signalled before, and must not be after. The guard's kill(-1) is only
 * safe then: without the scope it would end every process of the user. */
struct witness {
  pid_t process;
  int hold; /* closing it ends a witness of our own; -1: it is the caller */
};
struct witness call_witness(void);
void prove_scope(struct witness witness);

/* Starts the process that kills everything of this domain when the command or the caller is gone. */
void start_guard(int status_fd);

struct filter {
  struct bpf_instruction code[1024];
  size_t length;
};

struct filter_options {
  enum network network;
  int abi;
};

/* Builds the system call filter for an AUDIT_ architecture. */
void build_filter(struct filter *filter, uint32_t architecture, struct filter_options options);
void apply_filter(struct filter_options options);
/* Prints the filter as JSON, for the tests: they run it in an interpreter of their own, for both architectures. */
void print_filter(const char *architecture, struct filter_options options);

void print_probe(void);

#endif
