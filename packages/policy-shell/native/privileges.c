/* Resource limits, and no privilege left: not as root, not by a set-uid program. */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "confine.h"

enum { LAST_CAPABILITY = 63, SECUREBITS_LOCKED_NO_ROOT = 0x3 | 0xc };

void apply_limits(const struct options *options) {
  /* One byte, not none: with a core_pattern that starts a program on the host, 0 does not keep the kernel from it. */
  struct rlimit held;
  if (getrlimit(RLIMIT_CORE, &held) != 0) fail(STEP_LIMITS, "read core", errno);
  /* A container may have been given none; a limit cannot be raised. */
  rlim_t bytes = held.rlim_max < 1 ? held.rlim_max : 1;
  struct rlimit none = {bytes, bytes};
  if (setrlimit(RLIMIT_CORE, &none) != 0) fail(STEP_LIMITS, "core", errno);
  for (size_t at = 0; at < options->limit_count; at++) {
    const struct limit *limit = &options->limits[at];
    struct rlimit old;
    if (getrlimit(limit->resource, &old) != 0) fail(STEP_LIMITS, "read a limit", errno);
    rlim_t value = old.rlim_max != RLIM_INFINITY && limit->value > old.rlim_max ? old.rlim_max : limit->value;
    struct rlimit limited = {value, value};
    if (setrlimit(limit->resource, &limited) != 0) fail(STEP_LIMITS, "set a limit", errno);
  }
}

void drop_privileges(void) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail(STEP_PRIVILEGES, "no_new_privs", errno);
  struct capability_header header = {CAPABILITY_VERSION_3, 0};
  struct capability_data data[2];
  if (syscall(SYS_capget, &header, data) != 0) fail(STEP_PRIVILEGES, "read capabilities", errno);
  /* CAP_SETPCAP, number 8: with it root is also kept from getting capabilities back by executing. Without it
   * no_new_privs does that. */
  if ((data[0].effective & (1U << 8)) != 0) {
    for (int capability = 0; capability <= LAST_CAPABILITY; capability++) {
      if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EINVAL) {
        fail(STEP_PRIVILEGES, "drop the bounding set", errno);
      }
    }
    if (prctl(PR_SET_SECUREBITS, SECUREBITS_LOCKED_NO_ROOT, 0, 0, 0) != 0) {
      fail(STEP_PRIVILEGES, "secure bits", errno);
    }
  }
  memset(data, 0, sizeof data);
  if (syscall(SYS_capset, &header, data) != 0) fail(STEP_PRIVILEGES, "drop capabilities", errno);
  if (syscall(SYS_capget, &header, data) != 0 || data[0].permitted != 0 || data[1].permitted != 0) {
    fail(STEP_PRIVILEGES, "capabilities are still there", 0);
  }
}
