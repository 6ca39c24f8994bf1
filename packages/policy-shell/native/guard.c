/* A process that outlives the command by a moment and takes everything with it that the command started, also what
 * left the process group. It needs signal scoping (Landlock ABI 6): then "every process" means "every process of this
 * domain". The command cannot signal it, because the command is put into a second domain inside. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"

struct witness call_witness(void) {
  struct witness witness = {.process = getppid(), .hold = -1};
  if (witness.process > 0 && kill(witness.process, 0) == 0) return witness;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail(STEP_GUARD, "pipe", errno);
  witness.process = fork();
  if (witness.process < 0) fail(STEP_GUARD, "fork", errno);
  if (witness.process == 0) {
    char nothing;
    close(ends[1]);
    while (read(ends[0], &nothing, 1) < 0 && errno == EINTR) continue;
    _exit(0);
  }
  close(ends[0]);
  witness.hold = ends[1];
  if (kill(witness.process, 0) != 0) fail(STEP_GUARD, "signal a witness", errno);
  return witness;
}

void prove_scope(struct witness witness) {
  bool reached = kill(witness.process, 0) == 0;
  int error = reached ? 0 : errno;
  if (witness.hold >= 0) {
    close(witness.hold);
    while (waitpid(witness.process, NULL, 0) < 0 && errno == EINTR) continue;
  }
  if (reached || error != EPERM) fail(STEP_GUARD, "signals are not kept inside the domain", error);
}

static _Noreturn void watch(int command, int caller) {
  struct pollfd either[2] = {{.fd = command, .events = POLLIN}, {.fd = caller, .events = POLLIN}};
  for (;;) {
    int ready = poll(either, 2, -1);
    if (ready > 0 || (ready < 0 && errno != EINTR)) break;
  }
  /* prove_scope() was here: this reaches nothing outside of the domain. The kernel visits all processes at once, and one that is just forking is stopped by the signal on its way. */
  kill(-1, SIGKILL);
  _exit(0);
}

static int open_process(pid_t process) {
  int file = (int)syscall(NR_PIDFD_OPEN, process, 0);
  if (file < 0) fail(STEP_GUARD, "open a process", errno);
  return file;
}

void start_guard(int status_fd) {
  pid_t parent = getppid();
  int command = open_process(getpid());
  /* A parent in another pid namespace has no number here; the death signal still works. */
  int caller = parent > 0 ? open_process(parent) : -1;
  /* When the caller died meanwhile the number may belong to another process. */
  if (getppid() != parent) fail(STEP_GUARD, "the caller is gone", 0);
  /* Twice, so that the command finds no child that it never started. */
  pid_t between = fork();
  if (between < 0) fail(STEP_GUARD, "fork", errno);
  if (between == 0) {
    sigset_t all;
    sigfillset(&all);
    if (setsid() < 0 || sigprocmask(SIG_BLOCK, &all, NULL) != 0) _exit(1);
    pid_t guard = fork();
    if (guard != 0) _exit(guard < 0 ? 1 : 0);
    /* The caller waits for the end of these. The status descriptor stays: its end tells that all is over. */
    int nothing = open("/dev/null", O_RDWR);
    for (int standard = 0; standard <= 2; standard++) {
      if (nothing < 0 || dup2(nothing, standard) < 0) close(standard);
    }
    if (nothing > 2 && nothing != status_fd) close(nothing);
    watch(command, caller);
  }
  int status = 0;
  while (waitpid(between, &status, 0) < 0) {
    if (errno != EINTR) fail(STEP_GUARD, "wait", errno);
  }
  if (status != 0) fail(STEP_GUARD, "start", 0);
  close(command);
  if (caller >= 0) close(caller);
}
