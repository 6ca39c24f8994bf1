/* Attacker of the race tests: exchanges two names as fast as it can until its parent closes its standard input.
 *
 *   swap A B [C D ...]
 *
 * A first name with a plus sign in front is not exchanged: the file is given the second name and loses it again.
 * Each other pair is exchanged in turn with renameat2(RENAME_EXCHANGE); the number of exchanges is printed at the end. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE (1 << 1)
#endif

int main(int argc, char **argv) {
  unsigned long done = 0;
  struct pollfd input = {.fd = 0, .events = POLLIN};
  if (argc < 3 || argc % 2 == 0) return 64;
  setvbuf(stdout, NULL, _IONBF, 0);
  puts("ready");
  for (;;) {
    for (int round = 0; round < 64; round += 1) {
      for (int i = 1; i + 1 < argc; i += 2) {
        if (argv[i][0] == '+') {
          if (link(argv[i] + 1, argv[i + 1]) == 0 && unlink(argv[i + 1]) == 0) done += 1;
        } else if (renameat2(AT_FDCWD, argv[i], AT_FDCWD, argv[i + 1], RENAME_EXCHANGE) == 0) done += 1;
      }
    }
    if (poll(&input, 1, 0) != 0) break;
  }
  printf("%lu\n", done);
  return 0;
}
