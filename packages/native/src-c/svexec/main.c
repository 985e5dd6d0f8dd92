/* svexec: sets up a process the way a service wants it, then becomes it, or (-S) watches over it. See ../README.md. */
#include "svexec.h"

#include <asm/poll.h>

static struct options options;

/* PR_SET_PDEATHSIG says nothing of a death before it was set; but the reader of the status lines is the supervisor. */
int supervisor_is_gone(int supervisor, int status_fd) {
  struct pollfd status = {status_fd, 0, 0};
  struct duration none = {0, 0};
  call5(__NR_ppoll, &status, 1, &none, NULL, 0);
  return call0(__NR_getppid) != supervisor || (status_fd >= 0 && status.revents & (POLLERR | POLLHUP));
}

static void become(char **environment) {
  if (options.status_fd >= 0) call3(__NR_fcntl, options.status_fd, F_SETFD, FD_CLOEXEC);
  if (options.monitor) monitor_service(&options, environment);
  int supervisor = (int)call0(__NR_getppid);
  if (options.death_signal && supervisor_is_gone(supervisor, options.status_fd)) quit(126);
  report_pid(options.status_fd, (int)call0(__NR_getpid));
  struct failure failure = become_service(&options, environment, supervisor);
  report_failure(options.status_fd, failure);
  quit(failure_exit_code(failure));
}

static void explain_usage(void) {
  static const char text[] = "svexec: the command line is not as packages/native/README.md says\n";
  struct failure failure = {STAGE_USAGE, EINVAL};
  call3(__NR_write, 2, text, sizeof text - 1);
  report_failure(options.status_fd, failure);
  quit(failure_exit_code(failure));
}

/* The kernel leaves argc, argv, NULL, environment, NULL on the stack. */
__attribute__((noreturn, used)) void start(long *stack) {
  char **argv = (char **)(stack + 1);
  if (parse_options(&options, argv)) become(argv + stack[0] + 1);
  explain_usage();
  __builtin_unreachable();
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n");
#else
__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tmov x0, sp\n\tbl start\n");
#endif

/* gcc may call these even in freestanding code. */
void *memset(void *to, int value, size_t size) {
  for (char *at = to; size--; at++) *(volatile char *)at = (char)value;
  return to;
}

void *memcpy(void *to, const void *from, size_t size) {
  for (size_t i = 0; i < size; i++) ((volatile char *)to)[i] = ((const char *)from)[i];
  return to;
}
