/* sink [BYTES_PER_SECOND]: reads what a supervisor writes, and tells at its end how much that was. With a rate it reads
 * slowly until SIGUSR1, and counts the lines of service.c that came whole; without one it costs as little as reading
 * can. */
#include <errno.h>
#include <signal.h>

#include "record.h"

static volatile sig_atomic_t hurried;

static void hurry(int signal) {
  (void)signal;
  hurried = 1;
}

enum { line_size = 120 };

/* Lines that are what service.c writes, to the byte. A line may come in several pieces. */
static long long count_whole_lines(const char *at, ssize_t size) {
  static int column, intact = 1;
  long long lines = 0;
  for (const char *end = at + size; at < end; at++, column++) {
    if (*at != '\n') {
      intact = intact && *at == 'a' + column % 26;
      continue;
    }
    if (intact && column == line_size - 1) lines++;
    column = -1;
    intact = 1;
  }
  return lines;
}

int main(int count, char **arguments) {
  static char buffer[1 << 18];
  const long long rate = count > 1 ? atoll(arguments[1]) : 0;
  const long long steps = 20;
  long long bytes = 0, lines = 0;
  struct sigaction action = {.sa_handler = hurry};
  sigaction(SIGUSR1, &action, NULL);
  record("reading", 0);
  for (;;) {
    size_t most = sizeof buffer;
    if (rate > 0 && !hurried) {
      struct timespec pause = {.tv_nsec = 1000000000LL / steps};
      nanosleep(&pause, NULL);
      if ((size_t)(rate / steps) < most) most = (size_t)(rate / steps);
    }
    ssize_t got = read(STDIN_FILENO, buffer, most);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    bytes += got;
    if (rate > 0) lines += count_whole_lines(buffer, got);
  }
  record("read-bytes", bytes);
  record("read-lines", lines);
  return 0;
}
