/* The subreaper of one service. It sleeps until a signal comes: nothing else wakes it while the service runs. */
#include "svexec.h"

#include <asm/ioctls.h>
#include <asm/poll.h>
#include <linux/signalfd.h>

/* Requests, by number of the real-time signal. 34–64 are signals to the group, of which two that make no sense mean more. */
enum {
  PARENT_DIED = 32,
  KILL_MAIN = 33,
  GROUP_BASE = 33,
  HURRY = GROUP_BASE + SIGKILL,
  NO_GRACE = GROUP_BASE + SIGCHLD,
};

static struct {
  int status_fd, exec_pipe, signal_fd, notify_fd, notify_socket, terminal_group;
  int self, supervisor, grace_ms;
  int main, main_gone, main_status, end_reported, all_reported;
  int childless, cannot_adopt;
} state;

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
  state.childless = pid == -ECHILD;
}

/* The shell that started us in the foreground wants its terminal back. */
static void return_terminal(void) {
  if (state.terminal_group <= 0) return;
  long fd = call3(__NR_openat, AT_FDCWD, "/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  call3(__NR_ioctl, fd, TIOCSPGRP, &state.terminal_group);
}

static void finish(void) {
  int signal = state.main_status & 0x7f;
  if (state.cannot_adopt) {
    call2(__NR_kill, -state.main, SIGKILL);
    ending.unkillable = -1;
  }
  if (ending.unkillable) report_unkillable(state.status_fd, ending.unkillable);
  if (!state.all_reported) report_leftovers(state.status_fd, ending.leftovers);
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

static void forward_to_group(int signal) {
  if (!state.main_gone && (signal == SIGTERM || signal == SIGINT || signal == SIGQUIT)) note_group_told(state.main);
  forward(-state.main, signal);
}

static void skip_grace(void) {
  state.grace_ms = 0;
  end_grace();
}

static void handle_signal(int signal) {
  if (call0(__NR_getppid) != state.supervisor) begin_ending(state.main, state.grace_ms);
  switch (signal) {
    case SIGCHLD:
    case PARENT_DIED: return;
    case HURRY: skip_grace(); return begin_ending(state.main, 0);
    case NO_GRACE: return skip_grace();
    case KILL_MAIN: return forward(state.main, SIGKILL);
    default:
      if (signal > GROUP_BASE) forward_to_group(signal - GROUP_BASE);
      else forward(state.main, signal);
  }
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
  struct pollfd ready[3] = {{state.signal_fd, POLLIN, 0}, {state.exec_pipe, POLLIN, 0}, {state.notify_socket, POLLIN, 0}};
  if (call5(__NR_ppoll, ready, 3, timeout_ms < 0 ? NULL : &timeout, NULL, 0) <= 0) return;
  if (ready[1].revents) read_exec_result(); /* first, so that R comes before D */
  if (ready[2].revents) copy_notifications(state.notify_socket);
  if (ready[0].revents) read_signals();
}

/*
 * `D` waits for `R` or `E`: a child that failed to become the service has no end to report. Where nothing is left of the
 * service, `L` follows in the same write: one wake-up of the supervisor fewer between a death and the restart.
 */
static void report_end_once(void) {
  if (state.end_reported || state.exec_pipe >= 0) return;
  if (state.notify_socket >= 0) copy_notifications(state.notify_socket); /* its last words */
  state.all_reported = state.childless && !state.cannot_adopt && !ending.leftovers;
  report_end(state.status_fd, state.main_status, state.all_reported);
  state.end_reported = 1;
}

static void watch(void) {
  for (;;) {
    int timeout_ms = -1;
    reap();
    if (state.main_gone) report_end_once();
    if (state.end_reported) begin_ending(state.main, state.grace_ms);
    if (!state.childless) timeout_ms = continue_ending();
    if (state.end_reported && (state.childless || ending.unkillable)) finish();
    sleep_until_something(timeout_ms);
  }
}

/* ---- setting up ---- */

static void close_between(unsigned first, unsigned last) {
  if (first > last || call3(__NR_close_range, first, last, 0) == 0) return;
  /* older kernels: Node hands on only what it was told to, which are low numbers */
  for (unsigned fd = first; fd <= last && fd < 1024; fd++) call1(__NR_close, fd);
}

/* Returns the lowest descriptor of ours that is not below `from`, or 2^31 - 1. */
static unsigned next_own(unsigned from) {
  const int own[] = {state.status_fd, state.exec_pipe, state.notify_fd, state.notify_socket};
  unsigned next = ~0U >> 1;
  for (unsigned i = 0; i < sizeof own / sizeof *own; i++)
    if (own[i] >= (int)from && (unsigned)own[i] < next) next = (unsigned)own[i];
  return next;
}

/* Else the service's pipes would never end, nor its mounts be let go. */
static void let_go_of_the_service(void) {
  unsigned from = 0, own = next_own(0);
  for (; own != ~0U >> 1; from = own + 1, own = next_own(from))
    if (own > from) close_between(from, own - 1);
  close_between(from, own);
  call1(__NR_chdir, "/");
}

static void stand_aside(const struct options *options) {
  state.self = (int)call0(__NR_getpid);
  state.supervisor = (int)call0(__NR_getppid);
  state.status_fd = options->status_fd;
  state.notify_fd = options->notify_fd;
  state.grace_ms = options->grace_ms;
  block_all_signals();
  if (options->foreground) {
    call3(__NR_ioctl, 0, TIOCGPGRP, &state.terminal_group);
    call2(__NR_setpgid, 0, 0);
  } else call0(__NR_setsid);
  state.cannot_adopt = call2(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1) != 0; /* emulators and sandboxes; then the group is all we know */
  call2(__NR_prctl, PR_SET_PDEATHSIG, PARENT_DIED);
}

static void fail(struct failure failure) {
  report_failure(state.status_fd, failure);
  quit(failure_exit_code(failure));
}

__attribute__((noreturn, noinline)) static void run_service(const struct options *options, char **environment, int report) {
  struct failure failure = become_service(options, environment, state.self);
  call3(__NR_write, report, &failure, sizeof failure);
  quit(0);
  __builtin_unreachable();
}

static void open_notifications(const struct options *options, char **environment) {
  state.notify_socket = options->notify_fd < 0 ? -1 : open_notify_socket(options, environment);
  if (options->notify_fd >= 0 && state.notify_socket < 0) fail((struct failure){STAGE_PIPES, -state.notify_socket});
}

/*
 * The child has our memory, and our stack below this frame, and we stand still until it is the service or gone: nothing is
 * copied, a sixth of the time from fork to main. It never returns from here, and writes nothing that we read afterwards.
 */
static void start_service(const struct options *options, char **environment) {
  int pipe[2];
  long result = call2(__NR_pipe2, pipe, O_CLOEXEC);
  long pid = result < 0 ? result : call5(__NR_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
  if (pid < 0) fail((struct failure){STAGE_FORK, (int)-pid});
  if (pid == 0) run_service(options, environment, pipe[1]);
  if (!options->session) call2(__NR_setpgid, pid, pid); /* both do it: whoever comes first */
  state.main = (int)pid;
  state.exec_pipe = pipe[0];
}

void monitor_service(const struct options *options, char **environment) {
  uint64_t every = ~(uint64_t)0;
  stand_aside(options);
  if (supervisor_is_gone(state.supervisor, state.status_fd)) quit(126);
  open_notifications(options, environment);
  start_service(options, environment);
  report_pid(state.status_fd, state.main);
  let_go_of_the_service();
  state.signal_fd = (int)call4(__NR_signalfd4, -1, &every, sizeof every, SFD_CLOEXEC);
  if (state.signal_fd >= 0) watch();
  call2(__NR_kill, state.main, SIGKILL);
  fail((struct failure){STAGE_FORK, -state.signal_fd});
  __builtin_unreachable();
}
