/* What the program says: a failed step, or what this kernel offers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "confine.h"

static int status_descriptor = -1;

static const char *name_of(enum step step) {
  switch (step) {
    case STEP_ARGUMENTS: return "arguments";
    case STEP_DESCRIPTORS: return "descriptors";
    case STEP_LIMITS: return "limits";
    case STEP_PRIVILEGES: return "privileges";
    case STEP_LANDLOCK_ABI: return "landlock-abi";
    case STEP_LANDLOCK_PATH: return "landlock-path";
    case STEP_LANDLOCK_PORT: return "landlock-port";
    case STEP_LANDLOCK: return "landlock";
    case STEP_GUARD: return "guard";
    case STEP_SECCOMP: return "seccomp";
    case STEP_EXEC_DENIED:
    case STEP_EXEC_MISSING: return "exec";
  }
  return "?";
}

void report_failures_to(int status_fd) { status_descriptor = status_fd; }

void fail(enum step step, const char *what, int error) {
  char line[512];
  int length = error == 0 ? snprintf(line, sizeof line, "clawforce-confine: %s: %s\n", name_of(step), what)
                          : snprintf(line, sizeof line, "clawforce-confine: %s: %s: %s\n", name_of(step), what,
                                     strerror(error));
  if (length >= (int)sizeof line) {
    length = (int)sizeof line - 1;
    line[length - 1] = '\n';
  }
  bool executing = step == STEP_EXEC_DENIED || step == STEP_EXEC_MISSING;
  int descriptors[] = {STDERR_FILENO, executing ? -1 : status_descriptor};
  for (size_t at = 0; at < 2; at++) {
    if (descriptors[at] >= 0 && write(descriptors[at], line, (size_t)length) < 0) continue;
  }
  _exit((int)step);
}

void print_probe(void) {
  int abi = landlock_abi();
  const char *reason = abi > 0 ? "" : errno == EOPNOTSUPP ? "disabled" : errno == ENOSYS ? "missing" : "forbidden";
  int used = abi > ABI_KNOWN ? ABI_KNOWN : abi;
  /* A filter pointer that cannot be read: EFAULT means that the kernel would have taken a filter. */
  int seccomp = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER_NUMBER, NULL) != 0 && errno == EFAULT;
  const char *yes_no[] = {"false", "true"};
  printf("{\"version\":1,\"landlock\":%d,\"reason\":\"%s\",\"used\":%d,\"seccomp\":%s,\"refer\":%s,\"truncate\":%s,\"tcp\":%s,"
         "\"ioctlDev\":%s,\"scope\":%s}\n",
         abi, reason, used, yes_no[seccomp], yes_no[used >= ABI_REFER], yes_no[used >= ABI_TRUNCATE], yes_no[used >= ABI_NET],
         yes_no[used >= ABI_IOCTL_DEV], yes_no[used >= ABI_SCOPE]);
}
