/* Which files and ports the command reaches. Landlock is an allow-list: what no rule names is refused. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "confine.h"

int landlock_abi(void) {
  long abi = syscall(NR_LANDLOCK_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
  return abi < 0 ? 0 : (int)abi;
}

static uint64_t rights_of_abi(int abi) {
  return FS_ALL_OF_ABI_1 | (abi >= ABI_REFER ? FS_REFER : 0) | (abi >= ABI_TRUNCATE ? FS_TRUNCATE : 0) |
         (abi >= ABI_IOCTL_DEV ? FS_IOCTL_DEV : 0);
}

static uint64_t rights_of_grant(enum grant_kind kind, uint64_t handled) {
  switch (kind) {
    case GRANT_WRITE:
      /* No devices, no named sockets; FS_IOCTL_DEV is for devices only. */
      return handled & ~(FS_MAKE_CHAR | FS_MAKE_BLOCK | FS_MAKE_SOCK | FS_IOCTL_DEV);
    case GRANT_READ:
    case GRANT_READ_IF_EXISTS:
      return FS_EXECUTE | FS_READ_FILE | FS_READ_DIR;
    case GRANT_DEVICE:
      return handled & (FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE);
  }
  return 0;
}

static void add_grant(int ruleset, const struct grant *grant, uint64_t handled) {
  /* A link in the last place could have been put there by a command; what is writable must be named by its own name. */
  int follow = grant->kind == GRANT_WRITE || grant->kind == GRANT_DEVICE ? O_NOFOLLOW : 0;
  int file = open(grant->path, O_PATH | O_CLOEXEC | follow);
  if (file < 0) {
    if (grant->kind == GRANT_READ_IF_EXISTS && (errno == ENOENT || errno == ENOTDIR || errno == EACCES)) return;
    fail(STEP_LANDLOCK_PATH, grant->path, errno);
  }
  struct stat stat;
  if (fstat(file, &stat) != 0) fail(STEP_LANDLOCK_PATH, grant->path, errno);
  if (S_ISLNK(stat.st_mode)) fail(STEP_LANDLOCK_PATH, grant->path, ELOOP);
  if (grant->kind == GRANT_DEVICE && !S_ISCHR(stat.st_mode)) fail(STEP_LANDLOCK_PATH, grant->path, ENODEV);
  uint64_t rights = rights_of_grant(grant->kind, handled);
  if (!S_ISDIR(stat.st_mode)) rights &= FS_EXECUTE | FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE;
  struct path_beneath_attr rule = {.allowed_access = rights, .parent_fd = file};
  if (syscall(NR_LANDLOCK_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) != 0) {
    fail(STEP_LANDLOCK_PATH, grant->path, errno);
  }
  close(file);
}

/* Older kernels know a shorter structure and refuse trailing bytes that are not zero, which these are then. */
static int new_ruleset(const struct ruleset_attr *attr) {
  long ruleset = syscall(NR_LANDLOCK_CREATE_RULESET, attr, sizeof *attr, 0);
  if (ruleset < 0) fail(STEP_LANDLOCK, "create a ruleset", errno);
  return (int)ruleset;
}

static void enforce(int ruleset) {
  if (syscall(NR_LANDLOCK_RESTRICT_SELF, ruleset, 0) != 0) fail(STEP_LANDLOCK, "enforce the ruleset", errno);
  close(ruleset);
}

void apply_landlock(const struct options *options, int abi) {
  struct ruleset_attr attr = {.handled_access_fs = rights_of_abi(abi)};
  if (abi >= ABI_NET && options->network != NETWORK_HOST) {
    attr.handled_access_net = NET_BIND_TCP | NET_CONNECT_TCP;
  }
  if (abi >= ABI_SCOPE) attr.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
  int ruleset = new_ruleset(&attr);
  for (size_t at = 0; at < options->grant_count; at++) {
    add_grant(ruleset, &options->grants[at], attr.handled_access_fs);
  }
  if (options->network == NETWORK_TCP_PORT) {
    struct net_port_attr rule = {.allowed_access = NET_CONNECT_TCP, .port = options->port};
    if (abi < ABI_NET) fail(STEP_LANDLOCK_PORT, "this kernel's Landlock cannot limit ports (Linux 6.7)", ENOSYS);
    if (syscall(NR_LANDLOCK_ADD_RULE, ruleset, RULE_NET_PORT, &rule, 0) != 0) {
      fail(STEP_LANDLOCK_PORT, "allow the port", errno);
    }
  }
  enforce(ruleset);
}

void apply_inner_scope(void) {
  /* Every domain denies moving files between directories unless it allows that; the outer domain says where. */
  struct ruleset_attr attr = {.handled_access_fs = FS_REFER, .scoped = SCOPE_SIGNAL};
  int ruleset = new_ruleset(&attr);
  struct path_beneath_attr rule = {.allowed_access = FS_REFER, .parent_fd = open("/", O_PATH | O_CLOEXEC)};
  if (rule.parent_fd < 0 || syscall(NR_LANDLOCK_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) != 0) {
    fail(STEP_LANDLOCK, "allow moves in the inner domain", errno);
  }
  close(rule.parent_fd);
  enforce(ruleset);
}
