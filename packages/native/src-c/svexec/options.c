#include "svexec.h"

static int same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

static int parse_int(const char *text, int base, long lowest, long highest, int *value) {
  long number;
  if (!text || !parse_number(text, 0, base, &number) || number < lowest || number > highest) return 0;
  *value = (int)number;
  return 1;
}

/* "1,2,3", or "" for no group at all. */
static int parse_groups(const char *text, struct options *options) {
  options->group_count = 0;
  if (!*text) return 1;
  for (;;) {
    long group;
    int length = parse_number(text, ',', 10, &group), last = !length;
    if (last) length = parse_number(text, 0, 10, &group);
    if (!length || group < 0 || group >= 0xffffffffL || options->group_count == MAX_GROUPS) return 0;
    options->groups[options->group_count++] = (unsigned)group;
    if (last) return 1;
    text += length + 1;
  }
}

/* A number, or "inf" or "-1" for none; returns what follows it. */
static const char *parse_limit_value(const char *text, char end, __u64 *value) {
  long number;
  if (text[0] == 'i' && text[1] == 'n' && text[2] == 'f' && text[3] == end) {
    *value = RLIM64_INFINITY;
    return text + 4;
  }
  int length = parse_number(text, end, 10, &number);
  if (!length || number < -1) return NULL;
  *value = (__u64)number; /* -1 is RLIM64_INFINITY */
  return text + length + 1;
}

static int parse_limit(const char *text, struct options *options) {
  if (options->limit_count == MAX_LIMITS) return 0;
  struct limit *limit = &options->limits[options->limit_count++];
  long resource;
  int length = parse_number(text, ':', 10, &resource);
  if (!length || resource < 0 || resource > 64) return 0;
  limit->resource = (int)resource;
  text = parse_limit_value(text + length + 1, ':', &limit->value.rlim_cur);
  return text && parse_limit_value(text, 0, &limit->value.rlim_max) != NULL;
}

static int parse_flag(char option, struct options *options) {
  switch (option) {
    case 'S': return options->monitor = 1;
    case 's': return options->session = 1;
    case 't': return options->session = options->terminal = 1;
    case 'f': return options->foreground = 1;
    case 'N': return options->no_new_privileges = 1;
    default: return 0;
  }
}

static int parse_value(char option, const char *value, struct options *options) {
  switch (option) {
    case 'i': return parse_int(value, 10, 0, 1 << 20, &options->status_fd);
    case 'k': return parse_int(value, 10, 0, 1 << 20, &options->notify_fd);
    case 'u': return parse_int(value, 10, 0, 0xfffffffeL, &options->uid);
    case 'g': return parse_int(value, 10, 0, 0xfffffffeL, &options->gid);
    case 'G': return parse_groups(value, options);
    case 'n': return options->has_nice = parse_int(value, 10, -20, 19, &options->nice);
    case 'm': return parse_int(value, 8, 0, 0777, &options->umask);
    case 'r': return parse_limit(value, options);
    case 'P': return parse_int(value, 10, 0, MAX_SIGNAL, &options->death_signal);
    case 'w': return parse_int(value, 10, 0, 24 * 3600 * 1000, &options->grace_ms);
    case 'o': options->oom_score_adj = value; return 1;
    case 'd': options->directory = value; return 1;
    case 'c':
      if (options->cgroup_count == MAX_CGROUPS) return 0;
      options->cgroups[options->cgroup_count++] = value;
      return 1;
    default: return 0;
  }
}

static void set_defaults(struct options *options) {
  options->status_fd = options->notify_fd = options->uid = options->gid = options->group_count = UNSET;
  options->umask = options->death_signal = UNSET;
  options->grace_ms = 1000;
}

/* Returns 0 when the command line is not as README.md says. `options` is zeroed memory. */
int parse_options(struct options *options, char **argv) {
  set_defaults(options);
  while (*argv && *++argv && !same(*argv, "--")) {
    const char *word = *argv;
    if (word[0] != '-' || !word[1] || word[2]) return 0;
    if (parse_flag(word[1], options)) continue;
    if (!argv[1] || !parse_value(word[1], *++argv, options)) return 0;
  }
  if (!*argv || !argv[1] || !argv[2]) return 0;
  if ((options->foreground && options->session) || (options->notify_fd != UNSET && !options->monitor)) return 0;
  options->command = argv + 1;
  if (options->death_signal == UNSET) options->death_signal = options->monitor ? SIGKILL : 0;
  return 1;
}
