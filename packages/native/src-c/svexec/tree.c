/* Who descends from us: read from /proc/PID/task/TID/children, or from every process's parent where the kernel lacks that file. */
#include "svexec.h"

enum { QUEUE = 1 << 16, BUFFER = 4096 };

struct entry { /* linux_dirent64 */
  uint64_t inode;
  int64_t offset;
  unsigned short length;
  unsigned char type;
  char name[];
};

/* Zeroed memory: pages that are never touched cost nothing. */
static int queue[QUEUE];
static int queued;
static int overflow;

static void enqueue(int pid) {
  if (queued < QUEUE) queue[queued++] = pid;
  else overflow = 1; /* the caller walks again when these have been dealt with */
}

static long open_file(int directory, const char *path, int flags) {
  return call3(__NR_openat, directory, path, O_RDONLY | O_CLOEXEC | flags);
}

/* A list of numbers and blanks; a number may lie across two reads. */
static void enqueue_numbers(long fd) {
  char buffer[BUFFER];
  long size;
  int pid = 0;
  while ((size = call3(__NR_read, fd, buffer, sizeof buffer)) > 0)
    for (long i = 0; i < size; i++) {
      if (buffer[i] >= '0' && buffer[i] <= '9') pid = pid * 10 + (buffer[i] - '0');
      else if (pid) enqueue(pid), pid = 0;
    }
  if (pid) enqueue(pid);
}

/* Calls `each` for every name in the directory that is a number. */
static void list_numbers(int directory, void (*each)(int directory, const char *name)) {
  char buffer[BUFFER] __attribute__((aligned(8)));
  long size;
  while ((size = call3(__NR_getdents64, directory, buffer, sizeof buffer)) > 0)
    for (long at = 0; at < size;) {
      struct entry *entry = (struct entry *)(buffer + at);
      if (entry->name[0] >= '1' && entry->name[0] <= '9') each(directory, entry->name);
      at += entry->length;
    }
}

static void enqueue_children_of_thread(int directory, const char *thread) {
  char path[64];
  put_text(put_text(path, thread), "/children");
  long fd = open_file(directory, path, 0);
  if (fd < 0) return;
  enqueue_numbers(fd);
  call1(__NR_close, fd);
}

/* The kernel lists children by the thread that forked them. A process hidden from us (hidepid) has no list. */
static void enqueue_children(int proc, int pid) {
  char path[64];
  put_text(put_number(path, pid), "/task");
  long fd = open_file(proc, path, O_DIRECTORY);
  if (fd < 0) return;
  list_numbers((int)fd, enqueue_children_of_thread);
  call1(__NR_close, fd);
}

static int has_children_files(int proc) {
#ifdef PM_TEST_NO_CHILDREN_FILES
  return proc < 0;
#else
  long fd = open_file(proc, "thread-self/children", 0);
  if (fd >= 0) call1(__NR_close, fd);
  return fd >= 0;
#endif
}

/* ---- kernels without CONFIG_PROC_CHILDREN ---- */

static unsigned char in_tree[PID_LIMIT / 8];
static int found_more;

static int parent_of(int proc, const char *pid) {
  char path[64], stat[512];
  put_text(put_text(path, pid), "/stat");
  long fd = open_file(proc, path, 0), size = -1;
  if (fd >= 0) {
    size = call3(__NR_read, fd, stat, sizeof stat - 1);
    call1(__NR_close, fd);
  }
  long parent = 0;
  /* "1 (a) b) S 0 …": the name may hold anything, so the last ")" counts */
  while (size > 0 && stat[--size] != ')') continue;
  if (size > 0) {
    stat[sizeof stat - 1] = 0;
    parse_number(stat + size + 4, ' ', 10, &parent);
  }
  return (int)parent;
}

static void enqueue_if_descendant(int proc, const char *name) {
  long pid;
  if (!parse_number(name, 0, 10, &pid) || pid >= PID_LIMIT || in_tree[pid / 8] & 1 << pid % 8) return;
  int parent = parent_of(proc, name);
  if (!(in_tree[parent / 8] & 1 << parent % 8)) return;
  in_tree[pid / 8] |= (unsigned char)(1 << pid % 8);
  enqueue((int)pid);
  found_more = 1;
}

/* Pids do not tell age once they have wrapped: go through all until nothing is new. */
static void enqueue_by_parent(int proc, int self) {
  in_tree[self / 8] |= (unsigned char)(1 << self % 8);
  do {
    found_more = 0;
    call3(__NR_lseek, proc, 0, 0);
    list_numbers(proc, enqueue_if_descendant);
  } while (found_more);
  in_tree[self / 8] &= (unsigned char)~(1 << self % 8);
  for (int i = 0; i < queued; i++) in_tree[queue[i] / 8] &= (unsigned char)~(1 << queue[i] % 8);
}

/* ---- */

/* A /proc of another pid namespace names strangers: it must know us by our own pid. */
static long open_proc(int self) {
  char link[24], expected[24];
  long size = call4(__NR_readlinkat, AT_FDCWD, "/proc/self", link, sizeof link - 1);
  if (size <= 0) return -ENOENT;
  link[size] = 0;
  put_number(expected, self);
  for (long i = 0; i <= size; i++)
    if (link[i] != expected[i]) return -ENOENT;
  return open_file(AT_FDCWD, "/proc", O_DIRECTORY);
}

static void walk_children_files(int proc, int self, void (*visit)(int pid)) {
  enqueue_children(proc, self);
  for (int i = 0; i < queued; i++) {
    visit(queue[i]);
    enqueue_children(proc, queue[i]);
  }
}

static void walk_parents(int proc, int self, void (*visit)(int pid)) {
  enqueue_by_parent(proc, self);
  for (int i = 0; i < queued; i++) visit(queue[i]);
}

enum walk walk_descendants(void (*visit)(int pid)) {
  int self = (int)call0(__NR_getpid);
  long proc = open_proc(self);
  if (proc < 0) return WALK_BLIND;
  queued = overflow = 0;
  if (has_children_files((int)proc)) walk_children_files((int)proc, self, visit);
  else walk_parents((int)proc, self, visit);
  call1(__NR_close, proc);
  return overflow ? WALK_MORE : WALK_DONE;
}
