/* What the programs of the bench tell it: one line a fact, stamped with the clock that all of them share. */
#ifndef RECORD_H
#define RECORD_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Lines of at most PIPE_BUF bytes reach a FIFO whole, whoever else writes (pipe(7)). */
static void record(const char *what, long long count) {
  struct timespec now;
  char line[128];
  clock_gettime(CLOCK_MONOTONIC, &now);
  const char *path = getenv("BENCH_EVENTS");
  int fd = path == NULL ? -1 : open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) exit(111);
  int length = snprintf(line, sizeof line, "%s %d %lld %lld\n", what, (int)getpid(),
                        now.tv_sec * 1000000000LL + now.tv_nsec, count);
  if (write(fd, line, (size_t)length) != length) exit(111);
  close(fd);
}

#endif
