/*
 * The subreaper of one service. It sleeps until a signal comes: nothing else wakes it while the service runs.
 *
 * Why the killing ends, whatever the descendants do: a process with a pending SIGKILL cannot fork, and each pass over the tree
 * signals everything it sees and starts over at once while it sees somebody new. Who was missed because its parent died during
 * a pass is our child now, and that death is, or will become, a SIGCHLD of ours: the pass is repeated. No children: nothing left.
 */
#include "svexec.h"

#include <asm/ioctls.h>
#include <asm/poll.h>
#include <linux/signalfd.h>
#include <linux/time.h>

enum { PID_LIMIT = 1 << 22, GIVE_UP_MS = 1000, BACKSTOP_MS = 50 };
enum { KILL_MAIN = 33, GROUP_BASE = 33, HURRY = GROUP_BASE + SIGKILL, NO_GRACE = GROUP_BASE + SIGCHLD, PARENT_DIED = 32 };

static enum { WATCHING, ENDING, KILLING } phase;

static struct {
  int status_fd, exec_pipe, signal_fd, terminal_group;
  int main, main_gone, main_status;
  int self, supervisor;
  int grace_ms, childless;
  long long deadline;    /* of ENDING */
  long long killing_since;
  int leftovers;         /* distinct descendants signalled */
  int fresh, killed, denied; /* of the current pass */
} state = {.exec_pipe = -1};

/* A bit per pid; only touched pages exist. A pid that comes again merely misses its SIGTERM, never its SIGKILL. */
static unsigned char signalled[2][PID_LIMIT / 8];

static int mark(unsigned char *set, int pid) {
  unsigned char bit = (unsigned char)(1 << pid % 8);
  int known = set[pid / 8] & bit;
  set[pid / 8] |= bit;
  return !known;
}

static long long now_ms(void) {
  struct duration time;
  call2(__NR_clock_gettime, CLOCK_MONOTONIC, &time);
  return time.seconds * 1000LL + time.nanoseconds / 1000000;
}

/* ---- ending what descends from us ---- */

static void end_gently(int pid) {
  if (!mark(signalled[0], pid)) return;
  if (pid != state.main) state.leftovers++;
  call2(__NR_kill, pid, SIGTERM);
  call2(__NR_kill, pid, SIGCONT); /* a stopped process would not see the SIGTERM */
}

static void end_now(int pid) {
  if (mark(signalled[0], pid) && pid != state.main) state.leftovers++;
  if (mark(signalled[1], pid)) state.fresh = 1;
  if (call2(__NR_kill, pid, SIGKILL) == -EPERM) state.denied++;
  else state.killed++;
}

/* Without a usable /proc the service's group is all we know. Its number stays taken as long as it has a member. */
static void end_group(int signal) {
  if (call2(__NR_kill, -state.main, signal) == 0 && phase == ENDING) call2(__NR_kill, -state.main, SIGCONT);
}

static void leave_group_behind(void) {
  report_unkillable(state.status_fd, -1);
  state.childless = 1;
}

static void sweep_gently(void) {
  if (walk_descendants(end_gently) == WALK_BLIND && mark(signalled[0], state.main)) end_group(SIGTERM);
}

/* Returns whether another pass is due at once. */
static int sweep_now(void) {
  state.fresh = state.killed = state.denied = 0;
  enum walk walk = walk_descendants(end_now);
  if (walk == WALK_BLIND) end_group(SIGKILL);
  if (state.fresh || walk == WALK_MORE) return 1;
  if (now_ms() < state.killing_since + GIVE_UP_MS || state.killed) return 0;
  if (walk == WALK_BLIND) leave_group_behind();
  else if (state.denied) report_unkillable(state.status_fd, state.denied), state.childless = 1;
  return 0;
}

static void start_killing(void) {
  if (phase == KILLING) return;
  phase = KILLING;
  state.killing_since = now_ms();
}

static void start_ending(void) {
  if (phase != WATCHING) return;
  phase = ENDING;
  state.deadline = now_ms() + state.grace_ms;
}

/* Returns how long to sleep: milliseconds, -1 for until a signal comes. */
static int advance(void) {
  if (state.main_gone) start_ending();
  if (phase == ENDING && now_ms() >= state.deadline) start_killing();
  if (phase == WATCHING) return -1;
  if (phase == KILLING) return sweep_now() ? 0 : BACKSTOP_MS;
  sweep_gently();
  long long left = state.deadline - now_ms(); /* the sweep itself may have taken all of it */
  return left < 0 ? 0 : (int)left + 1;
}

/* ---- the dead ---- */

static void note_end(int pid, int status) {
  if (pid != state.main) return;
  state.main_gone = 1;
  state.main_status = status;
}

/* Waits for all that are dead already: adopted orphans too, all the time. */
static void reap(void) {
  int status;
  long pid;
  while ((pid = call4(__NR_wait4, -1, &status, WNOHANG | __WALL, NULL)) > 0) note_end((int)pid, status);
  if (pid == -ECHILD) state.childless = 1;
}

/* The shell that started us in the foreground wants its terminal back. */
static void return_terminal(void) {
  if (state.terminal_group <= 0) return;
  long fd = call3(__NR_openat, AT_FDCWD, "/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  call3(__NR_ioctl, fd, TIOCSPGRP, &state.terminal_group);
}

static void finish(void) {
  int signal = state.main_status & 0x7f;
  report_leftovers(state.status_fd, state.leftovers);
  return_terminal();
  if (signal) end_by_signal(signal);
  quit(state.main_status >> 8 & 0xff);
}

/* ---- requests ---- */

static void forward(int target, int signal) {
  if (state.main_gone) return;
  /* the group does not exist yet in the moment between fork and setsid */
  if (call2(__NR_kill, target, signal) == -ESRCH) call2(__NR_kill, state.main, signal);
}

static void handle_signal(int signal) {
  if (call0(__NR_getppid) != state.supervisor) start_ending();
  if (signal == SIGCHLD || signal == PARENT_DIED) return;
  if (signal == HURRY) return start_killing();
  if (signal == KILL_MAIN) return forward(state.main, SIGKILL);
  if (signal == NO_GRACE) {
    state.grace_ms = 0;
    state.deadline = 0;
  } else if (signal > GROUP_BASE) forward(-state.main, signal - GROUP_BASE);
  else forward(state.main, signal);
}

static void read_signals(void) {
  struct signalfd_siginfo infos[8];
  long size = call3(__NR_read, state.signal_fd, infos, sizeof infos);
  for (long i = 0; i < size / (long)sizeof *infos; i++)
    if ((int)infos[i].ssi_pid != state.self) handle_signal((int)infos[i].ssi_signo); /* else the SIGPIPE of our own status lines */
}

/* End of file: exec closed the other end. A failure: the child is gone without having been a service. */
static void read_exec_result(void) {
  struct failure failure;
  long size = call3(__NR_read, state.exec_pipe, &failure, sizeof failure);
  if (size == -EINTR) return;
  if (size == sizeof failure) {
    report_failure(state.status_fd, failure);
    return_terminal();
    quit(failure_exit_code(failure));
  }
  report_running(state.status_fd);
  call1(__NR_close, state.exec_pipe);
  state.exec_pipe = -1;
}

static void sleep_until_something(int timeout_ms) {
  struct duration timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
  struct pollfd ready[2] = {{state.signal_fd, POLLIN, 0}, {state.exec_pipe, POLLIN, 0}};
  if (call5(__NR_ppoll, ready, 2, timeout_ms < 0 ? NULL : &timeout, NULL, 0) <= 0) return;
  if (ready[1].revents) read_exec_result(); /* first, so that R comes before D */
  if (ready[0].revents) read_signals();
}

static void watch(void) {
  int reported = 0;
  for (;;) {
    reap();
    if (state.main_gone && !reported && state.exec_pipe < 0) {
      report_end(state.status_fd, state.main_status);
      reported = 1;
    }
    if (state.childless && reported) finish();
    sleep_until_something(state.childless ? -1 : advance());
  }
}

/* ---- setting up ---- */

static void close_from(unsigned first, unsigned last) {
  if (first > last || call3(__NR_close_range, first, last, 0) == 0) return;
  /* older kernels: Node hands on only what it was told to, which are low numbers */
  for (unsigned fd = first; fd <= last && fd < 1024; fd++) call1(__NR_close, fd);
}

/* Else the service's pipes would never end, nor its mounts be let go. */
static void let_go_of_the_service(void) {
  unsigned low = (unsigned)state.exec_pipe, high = (unsigned)state.exec_pipe;
  if (state.status_fd >= 0 && state.status_fd < state.exec_pipe) low = (unsigned)state.status_fd;
  if (state.status_fd > state.exec_pipe) high = (unsigned)state.status_fd;
  if (low > 0) close_from(0, low - 1);
  close_from(low + 1, high - 1);
  close_from(high + 1, ~0U);
  call1(__NR_chdir, "/");
}

static void stand_aside(const struct options *options) {
  state.self = (int)call0(__NR_getpid);
  state.supervisor = (int)call0(__NR_getppid);
  state.status_fd = options->status_fd;
  state.grace_ms = options->grace_ms;
  block_all_signals();
  if (options->foreground) {
    call3(__NR_ioctl, 0, TIOCGPGRP, &state.terminal_group);
    call2(__NR_setpgid, 0, 0);
  } else call0(__NR_setsid);
  call2(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1);
  call2(__NR_prctl, PR_SET_PDEATHSIG, PARENT_DIED);
}

static void fail(struct failure failure) {
  report_failure(state.status_fd, failure);
  quit(failure_exit_code(failure));
}

static void run_service(const struct options *options, char **environment, int report) {
  struct failure failure = become_service(options, environment, state.self);
  call3(__NR_write, report, &failure, sizeof failure);
  quit(0);
}

static void start_service(const struct options *options, char **environment) {
  int pipe[2];
  long result = call2(__NR_pipe2, pipe, O_CLOEXEC);
  long pid = result < 0 ? result : call5(__NR_clone, SIGCHLD, 0, 0, 0, 0);
  if (pid < 0) fail((struct failure){STAGE_FORK, (int)-pid});
  if (pid == 0) run_service(options, environment, pipe[1]);
  if (!options->session) call2(__NR_setpgid, pid, pid); /* both do it: whoever comes first */
  state.main = (int)pid;
  state.exec_pipe = pipe[0];
}

int monitor_service(const struct options *options, char **environment) {
  uint64_t every = ~(uint64_t)0;
  stand_aside(options);
  if (supervisor_is_gone(state.supervisor, state.status_fd)) quit(126);
  start_service(options, environment);
  report_pid(state.status_fd, state.main);
  let_go_of_the_service();
  state.signal_fd = (int)call4(__NR_signalfd4, -1, &every, sizeof every, SFD_CLOEXEC);
  if (state.signal_fd < 0) {
    call2(__NR_kill, state.main, SIGKILL);
    fail((struct failure){STAGE_FORK, -state.signal_fd});
  }
  watch();
  __builtin_unreachable();
}
