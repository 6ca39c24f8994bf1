/* Attacks that no shell can express: one system call each, named by the first argument. Prints GOT when the attacker has
 * what it wants. A refusal is EPERM, EACCES, ENOSYS or EXDEV; any other error means that the call got past the gate. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *out;
static pid_t victim;
static int port;

#define OUT(name) path(name)
static char *path(const char *name) {
  static char text[4096];
  snprintf(text, sizeof text, "%s/%s", out, name);
  return text;
}

static int refused(void) { return errno == EPERM || errno == EACCES || errno == ENOSYS || errno == EXDEV; }
/* The call worked, or failed for a reason that only comes after the permission checks. */
static int passed(long result) { return result >= 0 || !refused(); }
static int worked(long result) { return result >= 0; }

static int has_secret(int file) {
  char text[16] = {0};
  return file >= 0 && read(file, text, 15) > 0 && strncmp(text, "hush", 4) == 0;
}

static struct sockaddr_in inet_address(int to) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)to)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static int dial(int type, int protocol) {
  struct sockaddr_in address = inet_address(port);
  int s = socket(AF_INET, type, protocol);
  return s >= 0 && connect(s, (void *)&address, sizeof address) == 0;
}

static int dial_with_data(int by_message) {
  struct sockaddr_in address = inet_address(port);
  struct iovec data = {"x", 1};
  struct msghdr message = {.msg_name = &address, .msg_namelen = sizeof address, .msg_iov = &data, .msg_iovlen = 1};
  struct mmsghdr many = {.msg_hdr = message};
  int s = socket(AF_INET, SOCK_STREAM, 0);
  if (s < 0) return 0;
  if (by_message == 1) return sendmsg(s, &message, MSG_FASTOPEN) > 0;
  if (by_message == 2) return sendmmsg(s, &many, 1, MSG_FASTOPEN) > 0;
  return sendto(s, "x", 1, MSG_FASTOPEN, (void *)&address, sizeof address) > 0;
}

static struct sockaddr_un unix_address(const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", out, name);
  return address;
}

static int unix_dial(int type, const char *name) {
  struct sockaddr_un address = unix_address(name);
  int s = socket(AF_UNIX, type, 0);
  return s >= 0 && connect(s, (void *)&address, sizeof address) == 0;
}

static int pair_dial(int type, int by_connect) {
  struct sockaddr_un address = unix_address("datagram.sock");
  int pair[2];
  if (socketpair(AF_UNIX, type, 0, pair) != 0) return 0;
  if (by_connect) return connect(pair[0], (void *)&address, sizeof address) == 0;
  return sendto(pair[0], "x", 1, 0, (void *)&address, sizeof address) == 1;
}

struct clone_arguments { uint64_t flags, pidfd, child, parent, exit_signal, stack, stack_size, tls; };

static int new_process(unsigned long flags, int three) {
  struct clone_arguments arguments = {.flags = flags, .exit_signal = SIGCHLD};
  long child = three ? syscall(435, &arguments, sizeof arguments) : syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) _exit(0);
  return child > 0;
}

static int signal_by_owner(void) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return 0;
  if (fcntl(pair[0], F_SETOWN, victim) != 0 || fcntl(pair[0], F_SETSIG, SIGKILL) != 0) return 0;
  fcntl(pair[0], F_SETFL, O_ASYNC);
  if (write(pair[1], "x", 1) != 1) return 0;
  usleep(100000);
  return kill(victim, 0) != 0 && errno == ESRCH;
}

static int by_handle(void) {
  struct { struct file_handle handle; char space[128]; } h = {.handle = {.handle_bytes = 128}};
  int mount = 0;
  if (name_to_handle_at(AT_FDCWD, OUT("secret"), &h.handle, &mount, 0) != 0) return 0;
  int directory = open(".", O_RDONLY);
  return has_secret(open_by_handle_at(directory, &h.handle, O_RDONLY));
}

static int reopen(void) {
  char name[64];
  int file = open(OUT("secret"), O_PATH);
  snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  return has_secret(open(name, O_RDONLY));
}

static int link_descriptor(void) {
  char name[64];
  int file = open(OUT("secret"), O_PATH);
  snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  return linkat(AT_FDCWD, name, AT_FDCWD, "linked", AT_SYMLINK_FOLLOW) == 0 && has_secret(open("linked", O_RDONLY));
}

static int open_2(void) {
  struct { uint64_t flags, mode, resolve; } how = {O_RDONLY, 0, 0};
  return has_secret((int)syscall(437, AT_FDCWD, OUT("secret"), &how, sizeof how));
}

static int exchange(void) {
  close(open("mine", O_CREAT | O_WRONLY, 0600));
  return syscall(SYS_renameat2, AT_FDCWD, "mine", AT_FDCWD, OUT("movable"), 2) == 0;
}

static int execute_outside(void) {
  int pipe_ends[2];
  char text[8] = {0};
  if (pipe(pipe_ends) != 0) return 0;
  pid_t child = fork();
  if (child == 0) {
    dup2(pipe_ends[1], 1);
    int program = open(OUT("program"), O_PATH);
    char *words[] = {"program", NULL};
    char *none[] = {NULL};
    syscall(SYS_execveat, program, "", words, none, AT_EMPTY_PATH);
    _exit(1);
  }
  close(pipe_ends[1]);
  return read(pipe_ends[0], text, 7) > 0 && strncmp(text, "ran", 3) == 0;
}

static int read_memory(void) {
  char byte;
  char maps[64];
  unsigned long at = 0;
  snprintf(maps, sizeof maps, "/proc/%d/maps", victim);
  FILE *file = fopen(maps, "r");
  if (!file || fscanf(file, "%lx", &at) != 1) at = 0x10000;
  struct iovec mine = {&byte, 1}, theirs = {(void *)at, 1};
  return passed(process_vm_readv(victim, &mine, 1, &theirs, 1, 0));
}

static int set_limit(void) {
  struct rlimit limit = {0, 0};
  return prlimit(victim, RLIMIT_CORE, &limit, NULL) == 0;
}

static int set_affinity(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(0, &set);
  return sched_setaffinity(victim, sizeof set, &set) == 0;
}

static int set_scheduler(void) {
  struct sched_param zero = {0};
  return sched_setscheduler(victim, SCHED_BATCH, &zero) == 0;
}

static int queue_signal(int by_pidfd) {
  if (!by_pidfd) return sigqueue(victim, 0, (union sigval){0}) == 0;
  int process = (int)syscall(434, victim, 0);
  return process >= 0 && syscall(424, process, 0, NULL, 0) == 0;
}

static int steal_descriptor(void) {
  int process = (int)syscall(434, victim, 0);
  return process >= 0 && syscall(438, process, 0, 0) >= 0;
}

static int enter_namespace(void) {
  int process = (int)syscall(434, victim, 0);
  return process >= 0 && passed(syscall(SYS_setns, process, CLONE_NEWNET));
}

static int listen_unbound(void) {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  return s >= 0 && listen(s, 1) == 0;
}

static int bind_port(int type) {
  struct sockaddr_in address = inet_address(0);
  int s = socket(AF_INET, type, 0);
  return s >= 0 && bind(s, (void *)&address, sizeof address) == 0;
}

static int udp_send(void) {
  struct sockaddr_in address = inet_address(port);
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  return s >= 0 && sendto(s, "x", 1, 0, (void *)&address, sizeof address) == 1;
}

static int bind_name(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "mine.sock"};
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  return s >= 0 && bind(s, (void *)&address, sizeof address) == 0;
}

static int made_with_mode(int file) {
  struct stat stat;
  return file >= 0 && fstat(file, &stat) == 0 && (stat.st_mode & S_ISUID) != 0;
}

static int set_id_2(void) {
  struct { uint64_t flags, mode, resolve; } how = {O_CREAT | O_WRONLY, 04755, 0};
  return made_with_mode((int)syscall(437, AT_FDCWD, "suid3", &how, sizeof how));
}

#ifdef __x86_64__
static int old_gate(void) {
  long result;
  /* getpid of i386 by the old gate; an address above 4 GiB does not matter to it. */
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
  return result == getpid();
}
#else
static int old_gate(void) { return 0; }
#endif

static int key(void) { return passed(syscall(SYS_add_key, "user", "clawforce", "x", 1, KEY_SPEC_PROCESS_KEYRING)); }

static int attack(const char *name) {
#define WHEN(text, got) if (strcmp(name, text) == 0) return (got)
  WHEN("handle", by_handle());
  WHEN("truncate", worked(truncate(OUT("doomed"), 0)));
  WHEN("open-truncate", worked(open(OUT("doomed"), O_RDONLY | O_TRUNC)));
  WHEN("reopen", reopen());
  WHEN("link-descriptor", link_descriptor());
  WHEN("openat2", open_2());
  WHEN("exchange", exchange());
  WHEN("execute", execute_outside());
  WHEN("make-directory", worked(mkdir(OUT("made"), 0700)));
  WHEN("make-link", worked(symlink("x", OUT("made"))));
  WHEN("make-fifo", worked(mkfifo(OUT("made"), 0600)));
  WHEN("remove-directory", worked(rmdir(OUT("empty"))));
  WHEN("unlink", worked(unlink(OUT("doomed"))));
  WHEN("set-id-chmod", worked((close(open("s", O_CREAT | O_WRONLY, 0700)), chmod("s", 04755))));
  WHEN("set-id-fchmodat", worked((close(open("s", O_CREAT | O_WRONLY, 0700)), fchmodat(AT_FDCWD, "s", 04755, 0))));
  WHEN("set-id-open", made_with_mode(open("suid", O_CREAT | O_WRONLY, 04755)));
  WHEN("set-id-temporary", made_with_mode(open(".", O_TMPFILE | O_WRONLY, 04755)));
  WHEN("set-id-openat2", set_id_2());
  WHEN("set-id-mknod", worked(mknod("suid4", S_IFREG | 04755, 0)));
  WHEN("attribute", worked(setxattr(OUT("secret"), "user.clawforce", "x", 1, 0)));
  WHEN("watch", worked(inotify_add_watch(inotify_init(), OUT(""), IN_ALL_EVENTS)));
  WHEN("touch", worked(utimensat(AT_FDCWD, OUT("secret"), NULL, 0)));
  WHEN("enter", worked(chdir(OUT(""))));
  WHEN("named-socket", bind_name());
  WHEN("terminal", worked(open("/dev/ptmx", O_RDWR)));
  WHEN("io-uring", worked(syscall(425, 4, (char[128]){0})));
  WHEN("fanotify", worked(syscall(SYS_fanotify_init, 0, O_RDONLY)));
  WHEN("chroot", worked(chroot(".")));
  WHEN("seize", worked(ptrace(PTRACE_SEIZE, victim, 0, 0)));
  WHEN("trace-me", worked(ptrace(PTRACE_TRACEME, 0, 0, 0)));
  WHEN("read-memory", read_memory());
  WHEN("steal-descriptor", steal_descriptor());
  WHEN("compare", passed(syscall(SYS_kcmp, getpid(), victim, 0, 0, 0)));
  WHEN("advise", passed(syscall(440, (int)syscall(434, victim, 0), NULL, 0, 20, 0)));
  WHEN("limits", set_limit());
  WHEN("priority", worked(setpriority(PRIO_PROCESS, (id_t)victim, 19)));
  WHEN("priority-user", worked(setpriority(PRIO_USER, 0, getpriority(PRIO_PROCESS, 0))));
  WHEN("io-priority", worked(syscall(SYS_ioprio_set, 1, victim, (3 << 13))));
  WHEN("affinity", set_affinity());
  WHEN("scheduler", set_scheduler());
  WHEN("move-pages", worked(syscall(SYS_move_pages, victim, 0UL, NULL, NULL, NULL, 0)));
  WHEN("signal", worked(kill(victim, 0)));
  WHEN("signal-thread", worked(syscall(SYS_tgkill, victim, victim, 0)));
  WHEN("signal-queue", queue_signal(0));
  WHEN("signal-pidfd", queue_signal(1));
  WHEN("signal-owner", signal_by_owner());
  WHEN("signal-parent", worked(kill(getppid() == 1 ? victim : getppid(), 0)));
  WHEN("clone-parent", new_process(CLONE_PARENT, 0));
  WHEN("clone-user", new_process(CLONE_NEWUSER, 0));
  WHEN("clone3-user", new_process(CLONE_NEWUSER, 1));
  WHEN("unshare-user", worked(unshare(CLONE_NEWUSER)));
  WHEN("unshare-network", worked(unshare(CLONE_NEWNET)));
  WHEN("enter-namespace", enter_namespace());
  WHEN("shared-memory", worked(shmctl(shmget(IPC_PRIVATE, 4096, 0600), IPC_RMID, NULL)));
  WHEN("message-queue", worked(syscall(SYS_mq_open, "clawforce-attack", O_CREAT | O_RDWR, 0600, NULL)) &&
                            worked(syscall(SYS_mq_unlink, "clawforce-attack")));
  WHEN("key", key());
  WHEN("bpf", passed(syscall(SYS_bpf, 0, NULL, 0)));
  WHEN("perf", passed(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0)));
  WHEN("userfault", worked(syscall(SYS_userfaultfd, 0)));
  WHEN("mount", passed(syscall(SYS_mount, "x", "/nonexistent", "tmpfs", 0UL, NULL)));
  WHEN("unmount", passed(syscall(SYS_umount2, "/nonexistent", 0)));
  WHEN("fsopen", worked(syscall(430, "tmpfs", 0)));
  WHEN("open-tree", worked(syscall(428, AT_FDCWD, ".", 1)));
  WHEN("mount-setattr", passed(syscall(442, AT_FDCWD, "/nonexistent", 0, NULL, 0UL)));
  WHEN("pivot-root", passed(syscall(SYS_pivot_root, "/nonexistent", "/nonexistent")));
  WHEN("module", passed(syscall(SYS_delete_module, "clawforce-no-such", O_NONBLOCK)));
  WHEN("reboot", passed(syscall(SYS_reboot, 1, 2, 3, NULL)));
  WHEN("swap", passed(syscall(SYS_swapoff, "/nonexistent")));
  WHEN("kernel-log", worked(syscall(SYS_syslog, 10, NULL, 0)));
  WHEN("host-name", passed(syscall(SYS_sethostname, NULL, 1000)));
  WHEN("unix-stream", unix_dial(SOCK_STREAM, "host.sock"));
  WHEN("unix-datagram", unix_dial(SOCK_DGRAM, "datagram.sock"));
  WHEN("pair-send", pair_dial(SOCK_DGRAM, 0));
  WHEN("pair-connect", pair_dial(SOCK_DGRAM, 1));
  WHEN("pair-raw", pair_dial(SOCK_RAW, 0));
  WHEN("netlink", worked(socket(AF_NETLINK, SOCK_RAW, 0)));
  WHEN("packet", worked(socket(AF_PACKET, SOCK_RAW, 0)));
  WHEN("vsock", worked(socket(40, SOCK_STREAM, 0)));
  WHEN("tcp", dial(SOCK_STREAM, 0));
  WHEN("mptcp", dial(SOCK_STREAM, 262));
  WHEN("fast-open", dial_with_data(0));
  WHEN("fast-open-message", dial_with_data(1));
  WHEN("fast-open-messages", dial_with_data(2));
  WHEN("udp", udp_send());
  WHEN("udp6", worked(socket(AF_INET6, SOCK_DGRAM, 0)));
  WHEN("raw", worked(socket(AF_INET, SOCK_RAW, 1)));
  WHEN("bind", bind_port(SOCK_STREAM));
  WHEN("bind-udp", bind_port(SOCK_DGRAM));
  WHEN("listen", listen_unbound());
  WHEN("personality", worked(syscall(SYS_personality, 0x0400000UL)));
  WHEN("old-gate", old_gate());
  fprintf(stderr, "no attack %s\n", name);
  exit(64);
}

int main(int count, char **words) {
  if (count != 5) return 64;
  out = words[2];
  victim = atoi(words[3]);
  port = atoi(words[4]);
  if (attack(words[1])) puts("GOT");
  return 0;
}
