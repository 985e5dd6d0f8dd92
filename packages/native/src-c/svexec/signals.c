#include "svexec.h"

/* The kernel's signal set is one 64-bit word; bit n-1 is signal n. */
static void set_mask(uint64_t blocked) { call4(__NR_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, sizeof blocked); }

static void set_default_action(int signal) {
  struct {
    uintptr_t words[4];
  } action = {{0}}; /* handler SIG_DFL, no flags, no restorer, empty mask: the same on both CPUs */
  call4(__NR_rt_sigaction, signal, &action, NULL, sizeof(uint64_t));
}

void block_all_signals(void) { set_mask(~(uint64_t)0); }

/* exec keeps "ignored" and the mask: Node ignores SIGPIPE, and a shell's background child SIGINT. */
void reset_signals(void) {
  for (int signal = 1; signal <= MAX_SIGNAL; signal++) set_default_action(signal);
  set_mask(0);
}

static void forbid_core_dump(void) {
  struct rlimit64 none = {0, 0};
  call4(__NR_prlimit64, 0, RLIMIT_CORE, &none, NULL);
  call2(__NR_prctl, PR_SET_DUMPABLE, 0); /* a core_pattern that pipes does not look at the limit */
}

/* Ends as the service ended, without writing a second core dump over the service's own. */
void end_by_signal(int signal) {
  if (signal != SIGKILL && signal != SIGTERM) forbid_core_dump();
  set_default_action(signal);
  set_mask(0);
  call2(__NR_kill, call0(__NR_getpid), signal);
  quit(128 + signal); /* PID 1 of a namespace cannot be killed by its own signal */
  __builtin_unreachable();
}
