/* The status lines: one fact a line, none in more than one write, so that the reader never sees half of it. */
#include "svexec.h"

static const char *const stage_names[] = {
    [STAGE_USAGE] = "usage",   [STAGE_PIPES] = "pipes",
     [STAGE_FORK] = "fork",     [STAGE_SESSION] = "session",
    [STAGE_TERMINAL] = "terminal", [STAGE_CGROUP] = "cgroup", [STAGE_OOM_SCORE_ADJ] = "oom_score_adj",
    [STAGE_LIMITS] = "limits", [STAGE_NICE] = "nice",     [STAGE_GROUPS] = "groups",
    [STAGE_GID] = "gid",       [STAGE_UID] = "uid",       [STAGE_CWD] = "cwd",
    [STAGE_EXEC] = "exec",
};

/* A reader that is gone or full must not end or hold up the monitor: SIGPIPE is blocked, the error ignored. */
static void write_line(int fd, const char *line, const char *end) {
  if (fd < 0) return;
  while (call3(__NR_write, fd, line, end - line) == -EINTR) continue;
}

static void report_number(int fd, const char *key, long value) {
  char line[32];
  write_line(fd, line, put_text(put_number(put_text(line, key), value), "\n"));
}

void report_pid(int fd, int pid) { report_number(fd, "P ", pid); }

void report_running(int fd) {
  static const char line[] = "R\n";
  write_line(fd, line, line + sizeof line - 1);
}

void report_failure(int fd, struct failure failure) {
  char line[64];
  char *at = put_text(put_text(put_text(line, "E "), stage_names[failure.stage]), " ");
  write_line(fd, line, put_text(put_number(at, failure.error), "\n"));
}

void report_end(int fd, int wait_status, int nothing_is_left) {
  char line[48];
  char *at = put_text(put_number(put_text(line, "D "), wait_status >> 8 & 0xff), " ");
  write_line(fd, line, put_text(put_number(at, wait_status & 0x7f), nothing_is_left ? "\nL 0\n" : "\n"));
}

void report_unkillable(int fd, int count) { report_number(fd, "X ", count); }

void report_leftovers(int fd, int count) { report_number(fd, "L ", count); }

/* The shell's convention, for whoever has no status descriptor. */
int failure_exit_code(struct failure failure) {
  if (failure.stage == STAGE_USAGE) return 64;
  return failure.stage == STAGE_EXEC && failure.error == ENOENT ? 127 : 126;
}
