/*
 * Makes one raw system call for a drill, so that images need no scripting language for it.
 *
 *   drill-probe call works|reached NAME [ARG...]    ARG: a number, s:TEXT, b:HEX (a buffer), z:N (N zero bytes)
 *   drill-probe socket FAMILY TYPE PROTOCOL
 *   drill-probe ioctl PATH|socket REQUEST ARG
 *   drill-probe setns PATH
 *
 * Exit 0: the call went through. `works` wants success; `reached` wants that the kernel looked at the arguments, so that
 * only EPERM, EACCES and ENOSYS count as a refusal. Exit 1: refused. Exit 64: wrong use.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_ARGS 6
#define MAX_BUFFER 4096

struct call {
  const char *name;
  long number;
};

static const struct call calls[] = {
    {"acct", SYS_acct},
    {"add_key", SYS_add_key},
    {"bpf", SYS_bpf},
    {"fsopen", SYS_fsopen},
    {"init_module", SYS_init_module},
    {"io_uring_setup", SYS_io_uring_setup},
#ifdef SYS_kexec_load
    {"kexec_load", SYS_kexec_load},
#endif
    {"lsetxattr", SYS_lsetxattr},
    {"open_by_handle_at", SYS_open_by_handle_at},
    {"open_tree", SYS_open_tree},
    {"perf_event_open", SYS_perf_event_open},
    {"personality", SYS_personality},
    {"pivot_root", SYS_pivot_root},
    {"process_vm_readv", SYS_process_vm_readv},
    {"ptrace", SYS_ptrace},
    {"reboot", SYS_reboot},
    {"setpriority", SYS_setpriority},
    {"settimeofday", SYS_settimeofday},
    {"swapon", SYS_swapon},
    {"userfaultfd", SYS_userfaultfd},
};

static int usage(void) {
  fputs("usage: drill-probe call|socket|ioctl|setns ...\n", stderr);
  return 64;
}

static int verdict(long result, int only_reached) {
  if (result != -1) return 0;
  fprintf(stderr, "%s\n", strerror(errno));
  if (!only_reached) return 1;
  return errno == EPERM || errno == EACCES || errno == ENOSYS;
}

static long number(const char *text) { return strtol(text, NULL, 0); }

/* Gives the value of an argument; buffers live until the process ends. */
static long argument(const char *text) {
  if (strncmp(text, "s:", 2) == 0) return (long)(text + 2);
  if (strncmp(text, "z:", 2) == 0) {
    long size = number(text + 2);
    return (long)calloc(1, size > 0 && size <= MAX_BUFFER ? (size_t)size : MAX_BUFFER);
  }
  if (strncmp(text, "b:", 2) == 0) {
    unsigned char *bytes = calloc(1, MAX_BUFFER);
    size_t length = strlen(text + 2) / 2;
    for (size_t at = 0; bytes != NULL && at < length && at < MAX_BUFFER; at++) {
      unsigned int byte = 0;
      if (sscanf(text + 2 + at * 2, "%2x", &byte) == 1) bytes[at] = (unsigned char)byte;
    }
    return (long)bytes;
  }
  return number(text);
}

static int call_by_name(int count, char **words) {
  if (count < 2 || count > 2 + MAX_ARGS) return usage();
  long args[MAX_ARGS] = {0};
  for (int at = 2; at < count; at++) args[at - 2] = argument(words[at]);
  for (size_t at = 0; at < sizeof calls / sizeof *calls; at++) {
    if (strcmp(calls[at].name, words[1]) != 0) continue;
    long result = syscall(calls[at].number, args[0], args[1], args[2], args[3], args[4], args[5]);
    return verdict(result, strcmp(words[0], "reached") == 0);
  }
  fprintf(stderr, "%s: not known on this machine\n", words[1]);
  return 64;
}

static int ioctl_on(const char *path, const char *request, const char *arg) {
  int file = strcmp(path, "socket") == 0 ? socket(AF_INET, SOCK_DGRAM, 0) : open(path, O_RDONLY);
  if (file == -1) return verdict(-1, 0);
  return verdict(ioctl(file, (unsigned long)number(request), argument(arg)), 0);
}

static int enter(const char *path) {
  int file = open(path, O_RDONLY);
  if (file == -1) return verdict(-1, 0);
  return verdict(syscall(SYS_setns, file, 0), 0);
}

int main(int count, char **words) {
  if (count >= 3 && strcmp(words[1], "call") == 0) return call_by_name(count - 2, words + 2);
  if (count == 5 && strcmp(words[1], "socket") == 0) {
    return verdict(socket((int)number(words[2]), (int)number(words[3]), (int)number(words[4])), 0);
  }
  if (count == 5 && strcmp(words[1], "ioctl") == 0) return ioctl_on(words[2], words[3], words[4]);
  if (count == 3 && strcmp(words[1], "setns") == 0) return enter(words[2]);
  return usage();
}
