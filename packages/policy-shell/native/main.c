/* clawforce-confine OPTIONS -- PROGRAM [ARGUMENT...]
 *
 * Takes rights away from itself, step by step, and then becomes PROGRAM. A step that fails ends it: nothing is ever
 * executed with a wall missing.
 *
 *   --write PATH            a directory (or file) that the command may change; PATH must not be a link
 *   --read PATH             readable and executable; --read-if-exists PATH the same where it exists
 *   --device PATH           a character device to read and write
 *   --network MODE          none (default) | tcp:PORT (connections to that port only) | host
 *   --limit NAME=NUMBER     fsize, cpu, nproc, nofile, as; never raises a limit
 *   --least-abi N           fail where the kernel's Landlock is older
 *   --most-abi N            behave as on a kernel whose Landlock is N, to test what remains there
 *   --status-fd N           a failed step is written there too, and it stays open until nothing of the command is left
 *   --caller PID            fail when PID is not the parent any more, and so could not end the command
 *   --probe                 print what this kernel offers, as JSON
 *   --dump-filter ARCH      print the system call filter for x86_64 or aarch64, as JSON
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "confine.h"

/* An open descriptor is a door that Landlock does not close. */
static void close_descriptors(int status_fd) {
  unsigned first = 3;
  if (status_fd >= 0) {
    if (fcntl(status_fd, F_SETFD, FD_CLOEXEC) != 0) fail(STEP_DESCRIPTORS, "--status-fd", errno);
    if (status_fd > 3 && syscall(NR_CLOSE_RANGE, 3U, (unsigned)status_fd - 1, 0U) != 0) {
      fail(STEP_DESCRIPTORS, "close", errno);
    }
    first = (unsigned)status_fd + 1;
  }
  if (syscall(NR_CLOSE_RANGE, first, UINT_MAX, 0U) != 0) fail(STEP_DESCRIPTORS, "close", errno);
}

int main(int count, char **words) {
  static struct options options;
  read_arguments(count, words, &options);
  int abi = landlock_abi();
  if (abi > options.most_abi) abi = options.most_abi;
  struct filter_options filter = {options.network, abi};
  if (options.probe) {
    print_probe();
    return 0;
  }
  if (options.dump_filter != NULL) {
    print_filter(options.dump_filter, filter);
    return 0;
  }
  if (abi == 0) fail(STEP_LANDLOCK_ABI, "this kernel offers no Landlock", options.most_abi == 0 ? 0 : errno);
  if (abi < options.least_abi) fail(STEP_LANDLOCK_ABI, "this kernel's Landlock is too old", 0);
  close_descriptors(options.status_fd);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) fail(STEP_GUARD, "die with the caller", errno);
  if (options.caller != 0 && getppid() != options.caller) fail(STEP_GUARD, "the caller is gone", 0);
  apply_limits(&options);
  drop_privileges();
  struct witness witness = {0, -1};
  if (abi >= ABI_SCOPE) witness = call_witness();
  apply_landlock(&options, abi);
  if (abi >= ABI_SCOPE) {
    prove_scope(witness);
    start_guard(options.status_fd);
    apply_inner_scope();
  }
  apply_filter(filter);
  execvp(options.command[0], options.command);
  fail(errno == ENOENT || errno == ENOTDIR ? STEP_EXEC_MISSING : STEP_EXEC_DENIED, options.command[0], errno);
}
