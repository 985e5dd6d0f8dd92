/* The service that every supervisor runs. It takes its orders from the environment, so that s6 and runit can start it
 * without a shell in between (`run` is a link to it).
 *
 *   BENCH_EVENTS   the FIFO that its records go to
 *   BENCH_POUR     "BLOCK BYTES [RATE]": on SIGUSR1 it writes that many bytes of 120-byte lines in blocks of that size,
 *                  and says when; at most RATE bytes a second
 *
 * Records: started, pouring, poured (bytes), ended. SIGTERM ends it, and so does SIGINT, which is pm2's. */
#include <signal.h>
#include <string.h>

#include "record.h"

enum { line_size = 120, largest_block = 1 << 20 };

static char block[largest_block];

static void fill(void) {
  for (int i = 0; i < largest_block; i++) {
    int column = i % line_size;
    block[i] = column == line_size - 1 ? '\n' : (char)('a' + column % 26);
  }
}

/* Until `bytes` are due at `rate`. Who was held up catches up: the rate is that of the whole. */
static void await_due(const struct timespec *start, long long bytes, long long rate) {
  long long ns = start->tv_nsec + (long long)((double)bytes / (double)rate * 1e9);
  struct timespec due = {.tv_sec = start->tv_sec + ns / 1000000000LL, .tv_nsec = ns % 1000000000LL};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

static void pour(long long size, long long total, long long rate) {
  long long left = total;
  struct timespec start;
  record("pouring", 0);
  clock_gettime(CLOCK_MONOTONIC, &start);
  while (left > 0) {
    if (rate > 0) await_due(&start, total - left, rate);
    ssize_t written = write(STDOUT_FILENO, block + (total - left) % line_size, (size_t)(left < size ? left : size));
    if (written < 0) exit(112);
    left -= written;
  }
  record("poured", total);
}

static void obey(const char *order) {
  long long size = 0, total = 0, rate = 0;
  if (order == NULL || sscanf(order, "%lld %lld %lld", &size, &total, &rate) < 2) return;
  if (size + line_size > largest_block) return;
  fill();
  /* A writer that nobody reads has to be ended by a signal all the same. */
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  sigprocmask(SIG_UNBLOCK, &ends, NULL);
  pour(size, total, rate);
  sigprocmask(SIG_BLOCK, &ends, NULL);
}

int main(void) {
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGTERM);
  sigaddset(&awaited, SIGINT);
  sigaddset(&awaited, SIGUSR1);
  /* Before the record: whoever reads it may signal at once. */
  sigprocmask(SIG_BLOCK, &awaited, NULL);
  record("started", 0);
  for (;;) {
    int signal = 0;
    if (sigwait(&awaited, &signal) != 0) continue;
    if (signal != SIGUSR1) break;
    obey(getenv("BENCH_POUR"));
  }
  record("ended", 0);
  return 0;
}
