/* From a fresh process to the service: everything that has to happen between fork and exec, in the only order that works. */
#include "svexec.h"

#include <asm/ioctls.h>

static int write_file(const char *path, const char *text) {
  long fd = call3(__NR_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return (int)fd;
  const char *end = text;
  while (*end) end++;
  long written = call3(__NR_write, fd, text, end - text);
  call1(__NR_close, fd);
  return written < 0 ? (int)written : 0;
}

/* Its own group always, so that a signal to the group reaches the service and nobody else. */
static int enter_session(const struct options *options) {
  long result = options->session ? call0(__NR_setsid) : call2(__NR_setpgid, 0, 0);
  /* Spawned detached it leads a session, and so a group, already. */
  if (result == -EPERM && call1(__NR_getsid, 0) == call0(__NR_getpid)) return 0;
  return result < 0 ? (int)result : 0;
}

static int take_terminal(const struct options *options) {
  int group = (int)call0(__NR_getpid);
  if (options->terminal) return (int)call3(__NR_ioctl, 0, TIOCSCTTY, 0);
  if (!options->foreground) return 0;
  block_all_signals(); /* a background group that asks for the terminal gets SIGTTOU */
  return (int)call3(__NR_ioctl, 0, TIOCSPGRP, &group);
}

/* "0" is the writer itself, in v1 and v2 and in every pid namespace. */
static int join_cgroups(const struct options *options) {
  int result = 0;
  for (int i = 0; i < options->cgroup_count && result == 0; i++) result = write_file(options->cgroups[i], "0");
  return result;
}

static int set_oom_score(const struct options *options) {
  return options->oom_score_adj ? write_file("/proc/self/oom_score_adj", options->oom_score_adj) : 0;
}

static int set_limits(const struct options *options) {
  long result = 0;
  for (int i = 0; i < options->limit_count && result == 0; i++)
    result = call4(__NR_prlimit64, 0, options->limits[i].resource, &options->limits[i].value, NULL);
  return (int)result;
}

static int set_nice(const struct options *options) {
  return options->has_nice ? (int)call3(__NR_setpriority, PRIO_PROCESS, 0, options->nice) : 0;
}

static int set_groups(const struct options *options) {
  return options->group_count == UNSET ? 0 : (int)call2(__NR_setgroups, options->group_count, options->groups);
}

static int set_gid(const struct options *options) {
  return options->gid == UNSET ? 0 : (int)call3(__NR_setresgid, options->gid, options->gid, options->gid);
}

static int set_uid(const struct options *options) {
  return options->uid == UNSET ? 0 : (int)call3(__NR_setresuid, options->uid, options->uid, options->uid);
}

/* As the service's user: root may enter directories that the service may not. */
static int enter_directory(const struct options *options) {
  if (options->umask != UNSET) call1(__NR_umask, options->umask);
  return options->directory ? (int)call1(__NR_chdir, options->directory) : 0;
}

/* What privilege is needed for comes before the user changes. */
static const struct {
  enum stage stage;
  int (*run)(const struct options *options);
} steps[] = {
    {STAGE_SESSION, enter_session},
    {STAGE_TERMINAL, take_terminal},
    {STAGE_CGROUP, join_cgroups},
    {STAGE_OOM_SCORE_ADJ, set_oom_score},
    {STAGE_LIMITS, set_limits},
    {STAGE_NICE, set_nice},
    {STAGE_GROUPS, set_groups},
    {STAGE_GID, set_gid},
    {STAGE_UID, set_uid},
    {STAGE_CWD, enter_directory},
};

/* A change of user clears the death signal, so it comes late; a parent that died before it was set would go unnoticed. */
static void follow_parent(int death_signal, int parent) {
  if (!death_signal) return;
  call2(__NR_prctl, PR_SET_PDEATHSIG, death_signal);
  if (call0(__NR_getppid) != parent) end_by_signal(death_signal);
}

/* A script without "#!" belongs to the shell (execvp's rule): PATH ARG0 ARG… becomes sh PATH ARG… in place. */
static int execute(char **command, char **environment) {
  char *path = command[0];
  long result = call3(__NR_execve, path, command + 1, environment);
  if (result != -ENOEXEC) return (int)result;
  command[0] = (char *)"sh";
  command[1] = path;
  return (int)call3(__NR_execve, "/bin/sh", command, environment);
}

struct failure become_service(const struct options *options, char **environment, int parent) {
  for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++) {
    int result = steps[i].run(options);
    if (result < 0) return (struct failure){steps[i].stage, -result};
  }
  follow_parent(options->death_signal, parent);
  if (options->no_new_privileges) call5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  reset_signals();
  return (struct failure){STAGE_EXEC, -execute(options->command, environment)};
}
