/*
 * Ending everything that descends from us.
 *
 * Why the killing ends, whatever the descendants do: a process with a pending SIGKILL cannot fork, and each pass over the tree
 * signals everything it sees and starts over at once while it sees somebody new. Who was missed because its parent died during
 * a pass is our child now, and that death is, or will become, a SIGCHLD of ours: the pass is repeated. No children: nothing left.
 */
#include "svexec.h"

#include <linux/time.h>

enum { GIVE_UP_MS = 1000, BACKSTOP_MS = 50 };

static enum { NOT_YET, GENTLY, BY_FORCE } how;

struct ending ending;
static int main_pid;
static long long deadline, force_since;
static int fresh, killed, denied; /* of the current pass */

/* A bit per pid; only touched pages exist. A pid that comes again merely misses its SIGTERM, never its SIGKILL. */
static unsigned char told_to_end[PID_LIMIT / 8], seen_by_force[PID_LIMIT / 8];

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

static int mark_leftover(int pid) {
  if (!mark(told_to_end, pid)) return 0;
  if (pid != main_pid) ending.leftovers++;
  return 1;
}

/* Many programs take a second SIGTERM for impatience, and stop finishing what they had begun. */
static int told_group;

static void note_if_told(int pid) {
  if (call1(__NR_getpgid, pid) == told_group) mark(told_to_end, pid);
}

void note_group_told(int group) {
  told_group = group;
  walk_descendants(note_if_told);
}

static void end_gently(int pid) {
  if (!mark_leftover(pid)) return;
  call2(__NR_kill, pid, SIGTERM);
  call2(__NR_kill, pid, SIGCONT); /* a stopped process would not see the SIGTERM */
}

static void end_by_force(int pid) {
  mark_leftover(pid);
  if (mark(seen_by_force, pid)) fresh = 1;
  if (call2(__NR_kill, pid, SIGKILL) == -EPERM) denied++;
  else killed++;
}

/* Without a usable /proc the service's group is all we know. Its number stays taken as long as it has a member. */
static void end_group_gently(void) {
  if (!mark(told_to_end, main_pid)) return;
  call2(__NR_kill, -main_pid, SIGTERM);
  call2(__NR_kill, -main_pid, SIGCONT);
}

/* Returns how long to sleep unless a signal comes: 0 as long as somebody new was seen. */
static int pass_by_force(void) {
  fresh = killed = denied = 0;
  enum walk walk = walk_descendants(end_by_force);
  if (walk == WALK_BLIND) call2(__NR_kill, -main_pid, SIGKILL);
  if (fresh || walk == WALK_MORE) return 0;
  if (killed == 0 && now_ms() >= force_since + GIVE_UP_MS) ending.unkillable = walk == WALK_BLIND ? -1 : denied;
  return BACKSTOP_MS;
}

static int pass_gently(void) {
  if (walk_descendants(end_gently) == WALK_BLIND) end_group_gently();
  long long left = deadline - now_ms(); /* the pass itself may have taken all of it */
  return left < 0 ? 0 : (int)left + 1;
}

void begin_ending(int service, int grace_ms) {
  if (how != NOT_YET) return;
  main_pid = service;
  how = GENTLY;
  deadline = now_ms() + grace_ms;
}

void end_grace(void) { deadline = 0; }

int continue_ending(void) {
  if (how == NOT_YET) return -1;
  if (how == GENTLY && now_ms() < deadline) return pass_gently();
  if (how == GENTLY) force_since = now_ms();
  how = BY_FORCE;
  return pass_by_force();
}
