/* Options are words of the argument vector and nothing else: no file, no environment. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "confine.h"

static const struct {
  const char *name;
  int resource;
} resources[] = {
    {"fsize", RLIMIT_FSIZE}, {"cpu", RLIMIT_CPU}, {"nproc", RLIMIT_NPROC},
    {"nofile", RLIMIT_NOFILE}, {"as", RLIMIT_AS},
};

static uint64_t read_number(const char *text, uint64_t most, const char *option) {
  if (*text < '0' || *text > '9') fail(STEP_ARGUMENTS, option, EINVAL);
  char *end = NULL;
  errno = 0;
  unsigned long long value = strtoull(text, &end, 10);
  if (errno != 0 || *end != '\0' || value > most) fail(STEP_ARGUMENTS, option, EINVAL);
  return value;
}

static void add_grant(struct options *options, enum grant_kind kind, const char *path) {
  if (path[0] != '/') fail(STEP_ARGUMENTS, "a path must be absolute", 0);
  if (options->grant_count == MOST_GRANTS) fail(STEP_ARGUMENTS, "too many paths", 0);
  options->grants[options->grant_count++] = (struct grant){kind, path};
}

static void add_limit(struct options *options, const char *text) {
  if (options->limit_count == MOST_LIMITS) fail(STEP_ARGUMENTS, "too many limits", 0);
  for (size_t at = 0; at < sizeof resources / sizeof *resources; at++) {
    size_t length = strlen(resources[at].name);
    if (strncmp(text, resources[at].name, length) != 0 || text[length] != '=') continue;
    rlim_t value = read_number(text + length + 1, UINT64_MAX / 2, "--limit");
    options->limits[options->limit_count++] = (struct limit){resources[at].resource, value};
    return;
  }
  fail(STEP_ARGUMENTS, "--limit takes fsize, cpu, nproc, nofile or as, then = and a number", 0);
}

static void read_network(struct options *options, const char *text) {
  if (strcmp(text, "none") == 0) {
    options->network = NETWORK_NONE;
  } else if (strcmp(text, "host") == 0) {
    options->network = NETWORK_HOST;
  } else if (strncmp(text, "tcp:", 4) == 0) {
    options->network = NETWORK_TCP_PORT;
    options->port = (uint16_t)read_number(text + 4, UINT16_MAX, "--network");
    if (options->port == 0) fail(STEP_ARGUMENTS, "--network", EINVAL);
  } else {
    fail(STEP_ARGUMENTS, "--network takes none, host or tcp:PORT", 0);
  }
}

static void read_option(struct options *options, const char *name, const char *value) {
  if (strcmp(name, "--write") == 0) {
    add_grant(options, GRANT_WRITE, value);
  } else if (strcmp(name, "--read") == 0) {
    add_grant(options, GRANT_READ, value);
  } else if (strcmp(name, "--read-if-exists") == 0) {
    add_grant(options, GRANT_READ_IF_EXISTS, value);
  } else if (strcmp(name, "--device") == 0) {
    add_grant(options, GRANT_DEVICE, value);
  } else if (strcmp(name, "--limit") == 0) {
    add_limit(options, value);
  } else if (strcmp(name, "--network") == 0) {
    read_network(options, value);
  } else if (strcmp(name, "--least-abi") == 0) {
    options->least_abi = (int)read_number(value, 1000, name);
  } else if (strcmp(name, "--most-abi") == 0) {
    options->most_abi = (int)read_number(value, 1000, name);
  } else if (strcmp(name, "--status-fd") == 0) {
    options->status_fd = (int)read_number(value, 1023, name);
    if (options->status_fd < 3) fail(STEP_ARGUMENTS, name, EINVAL);
    report_failures_to(options->status_fd);
  } else if (strcmp(name, "--caller") == 0) {
    options->caller = (pid_t)read_number(value, INT32_MAX, name);
  } else if (strcmp(name, "--dump-filter") == 0) {
    options->dump_filter = value;
  } else {
    fail(STEP_ARGUMENTS, "unknown option", 0);
  }
}

void read_arguments(int count, char **words, struct options *options) {
  *options = (struct options){.network = NETWORK_NONE, .least_abi = 1, .most_abi = ABI_KNOWN, .status_fd = -1};
  int at = 1;
  while (at < count && strcmp(words[at], "--") != 0) {
    if (strcmp(words[at], "--probe") == 0) {
      options->probe = true;
      at++;
      continue;
    }
    if (at + 1 >= count) fail(STEP_ARGUMENTS, "an option lacks its value", 0);
    read_option(options, words[at], words[at + 1]);
    at += 2;
  }
  options->command = at < count ? words + at + 1 : NULL;
  bool prints = options->probe || options->dump_filter != NULL;
  if (!prints && (options->command == NULL || options->command[0] == NULL || options->command[0][0] == '\0')) {
    fail(STEP_ARGUMENTS, "nothing to execute after --", 0);
  }
}
