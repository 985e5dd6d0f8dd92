#ifndef PM_SVEXEC_H
#define PM_SVEXEC_H

#include "../abi.h"

#include <asm/errno.h>
#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/wait.h>

enum { PID_LIMIT = 1 << 22 }; /* the kernel's PID_MAX_LIMIT on 64-bit machines */
enum { MAX_LIMITS = 32, MAX_CGROUPS = 16, MAX_GROUPS = 1024, MAX_SIGNAL = 64, UNSET = -1 };

/* One per way of failing; the names in stage_names[] are public. */
enum stage {
  STAGE_USAGE,
  STAGE_PIPES,
  STAGE_FORK,
  STAGE_SESSION,
  STAGE_TERMINAL,
  STAGE_CGROUP,
  STAGE_OOM_SCORE_ADJ,
  STAGE_LIMITS,
  STAGE_NICE,
  STAGE_GROUPS,
  STAGE_GID,
  STAGE_UID,
  STAGE_CWD,
  STAGE_EXEC
};

struct limit {
  int resource;
  struct rlimit64 value;
};

/* The command line. UNSET where an option was not given; `has_*` where -1 is a value. */
struct options {
  int monitor, session, terminal, foreground, no_new_privileges;
  int status_fd, notify_fd;
  int uid, gid, group_count;
  unsigned groups[MAX_GROUPS];
  int has_nice, nice;
  int umask;
  const char *oom_score_adj;
  int limit_count;
  struct limit limits[MAX_LIMITS];
  int cgroup_count;
  const char *cgroups[MAX_CGROUPS];
  const char *directory;
  int death_signal;
  int grace_ms;
  char **command; /* PATH ARG0 ARG… NULL */
};

struct failure {
  enum stage stage;
  int error; /* positive */
};

/* options.c */
int parse_options(struct options *options, char **argv);

/* text.c */
int parse_number(const char *text, char end, int base, long *value);
char *put_text(char *to, const char *text);
char *put_number(char *to, long value);

/* status.c */
void report_pid(int fd, int pid);
void report_running(int fd);
void report_failure(int fd, struct failure failure);
void report_end(int fd, int wait_status, int nothing_is_left);
void report_unkillable(int fd, int count);
void report_leftovers(int fd, int count);
int failure_exit_code(struct failure failure);

/* main.c: whether the process that started us has died since. */
int supervisor_is_gone(int supervisor, int status_fd);

/* prepare.c: becomes the service; returns only if that failed. */
struct failure become_service(const struct options *options, char **environment, int parent);

/* signals.c */
void block_all_signals(void);
void reset_signals(void);
void end_by_signal(int signal) __attribute__((noreturn));

/* monitor.c */
void monitor_service(const struct options *options, char **environment) __attribute__((noreturn));

/* notify.c */
int open_notify_socket(const struct options *options, char **environment); /* a descriptor, or a negative errno */
void copy_notifications(int socket_fd); /* what has arrived by now */

/* ending.c: SIGTERM to all descendants, after the grace period SIGKILL until nothing is left. */
extern struct ending {
  int leftovers;  /* descendants signalled, without the main process */
  int unkillable; /* how many are left that we may not kill; -1 when their number cannot be known */
} ending;
void begin_ending(int service, int grace_ms); /* does nothing the second time */
void note_group_told(int group); /* its members have had a stop signal: they get no second one */
void end_grace(void);
int continue_ending(void); /* milliseconds until the next call is due; -1: not before a signal */

/* tree.c: calls `visit` for each descendant once. */
enum walk { WALK_DONE, WALK_MORE, WALK_BLIND };
enum walk walk_descendants(void (*visit)(int pid));

/* What the kernel calls a timespec on 64-bit machines. */
struct duration {
  long seconds, nanoseconds;
};

static inline void quit(int code) {
  for (;;) call1(__NR_exit_group, code);
}

#endif
