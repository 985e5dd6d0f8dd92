/* A start that shares our memory until exec, as posix_spawn(3) does. fork(2), which Node uses, copies the page tables,
 * and later every page that is written: 0.7 ms with a small heap, 15 ms with one of 500 MB. */
#include "sys.h"

#include <asm/errno.h>
#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <linux/mman.h>

enum { MOST_DESCRIPTORS = 1 << 16, STACK_SIZE = 8192 };

struct order {
  const char *file;
  char **arguments;
  char **environment;
  int *descriptors;
  uint32_t count;
  bool session;
  int error;
};

/* ---- in the child, on a stack of its own ---- */

/* The first three are never closed: the next file that a program opens would be its standard output. */
static long find_source(const struct order *order, uint32_t place) {
  if (order->descriptors[place] >= 0 || place > 2) return order->descriptors[place];
  return call3(__NR_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC);
}

/* First out of the way of each other, then to their places, where they are not closed by exec. */
static long place_descriptors(struct order *order) {
  long result = 0;
  for (uint32_t i = 0; i < order->count && result >= 0; i++) {
    long source = find_source(order, i);
    if (source < 0 && i > 2) continue;
    result = source < 0 ? source : call3(__NR_fcntl, source, F_DUPFD_CLOEXEC, order->count);
    order->descriptors[i] = (int)result;
  }
  for (uint32_t i = 0; i < order->count && result >= 0; i++)
    if (order->descriptors[i] >= 0) result = call3(__NR_dup3, order->descriptors[i], i, 0);
  return result;
}

/* Signals stay blocked: a handler of ours must not run here. What is started sets its own mask, as svexec does. */
__attribute__((noreturn, used)) static void become(struct order *order) {
  long result = 0;
  if (order->session) call0(__NR_setsid);
  result = place_descriptors(order);
  if (result >= 0) result = call3(__NR_execve, order->file, order->arguments, order->environment);
  order->error = (int)-result;
  for (;;) call1(__NR_exit_group, 127);
}

/* Both calls return in the parent alone, and there not before the child has called exec or ended. */
#if defined(__x86_64__)

static long start_child(struct order *order, char *stack) {
  long result;
  register long r10 __asm__("r10") = 0;
  register long r8 __asm__("r8") = 0;
  register struct order *kept __asm__("r12") = order;
  __asm__ volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\txor %%ebp, %%ebp\n\tmov %%r12, %%rdi\n\tcall *%[become]\n1:"
                   : "=a"(result)
                   : "a"(__NR_clone), "D"(CLONE_VM | CLONE_VFORK | SIGCHLD), "S"(stack), "d"(0), "r"(r10), "r"(r8), "r"(kept),
                     [become] "b"(become)
                   : "rcx", "r11", "memory");
  return result;
}

#else

static long start_child(struct order *order, char *stack) {
  register long x8 __asm__("x8") = __NR_clone;
  register long x0 __asm__("x0") = CLONE_VM | CLONE_VFORK | SIGCHLD;
  register char *x1 __asm__("x1") = stack;
  register long x2 __asm__("x2") = 0;
  register long x3 __asm__("x3") = 0;
  register long x4 __asm__("x4") = 0;
  register struct order *kept __asm__("x19") = order;
  register void (*start)(struct order *) __asm__("x20") = become;
  __asm__ volatile("svc 0\n\tcbnz x0, 1f\n\tmov x29, #0\n\tmov x0, x19\n\tblr x20\n1:"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(kept), "r"(start)
                   : "memory");
  return x0;
}

#endif

/* ---- in the parent ---- */

static long spawn(struct order *order) {
  uint64_t every = ~(uint64_t)0, before;
  char stack[STACK_SIZE] __attribute__((aligned(16)));
  call4(__NR_rt_sigprocmask, SIG_SETMASK, &every, &before, sizeof before);
  long pid = start_child(order, stack + sizeof stack);
  call4(__NR_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof before);
  /* nobody else shall see the one that could not become anything */
  if (pid > 0 && order->error)
    while (call4(__NR_wait4, pid, NULL, __WALL, NULL) == -EINTR) continue;
  return pid;
}

/* Adds what the strings of a list take, with their ends; false when it is no list of strings. */
static bool measure(napi_env env, napi_value list, uint32_t *count, size_t *bytes) {
  if (napi_get_array_length(env, list, count) != napi_ok) return false;
  for (uint32_t i = 0; i < *count; i++) {
    napi_value text;
    size_t length;
    if (napi_get_element(env, list, i, &text) != napi_ok) return false;
    if (napi_get_value_string_utf8(env, text, NULL, 0, &length) != napi_ok) return false;
    *bytes += length + 1;
  }
  return true;
}

/* Copies them to `at`; NULL when one has a NUL inside, and would reach the program cut short. */
static char *copy(napi_env env, napi_value list, uint32_t count, char **pointers, char *at, const char *end) {
  for (uint32_t i = 0; i < count; i++) {
    napi_value text;
    size_t length;
    napi_get_element(env, list, i, &text);
    napi_get_value_string_utf8(env, text, at, (size_t)(end - at), &length);
    pointers[i] = at;
    for (size_t k = 0; k < length; k++)
      if (at[k] == 0) return NULL;
    at += length + 1;
  }
  pointers[count] = NULL;
  return at;
}

static bool read_descriptors(napi_env env, napi_value list, struct order *order) {
  for (uint32_t i = 0; i < order->count; i++) {
    napi_value element;
    if (napi_get_element(env, list, i, &element) != napi_ok) return false;
    if (napi_get_value_int32(env, element, &order->descriptors[i]) != napi_ok) return false;
  }
  return true;
}

static napi_value refuse(napi_env env) {
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "spawn needs arguments, an environment, descriptors and a boolean");
  return NULL;
}

enum { ARGUMENTS, ENVIRONMENT, DESCRIPTORS, SESSION, COUNT };

/* Of what is copied: the numbers of strings, then bytes. */
struct sizes {
  uint32_t arguments, variables;
  size_t pointers, numbers, text;
};

/* Reads everything into `memory`, starts, and says what became of it. */
static napi_value start_with(napi_env env, const napi_value *values, struct order *order, struct sizes sizes, char *memory) {
  char *text = memory + sizes.pointers + sizes.numbers, *end = text + sizes.text;
  order->arguments = (char **)memory;
  order->environment = order->arguments + sizes.arguments + 1;
  order->descriptors = (int *)(memory + sizes.pointers);
  if (!read_descriptors(env, values[DESCRIPTORS], order)) return refuse(env);
  text = copy(env, values[ARGUMENTS], sizes.arguments, order->arguments, text, end);
  if (text) text = copy(env, values[ENVIRONMENT], sizes.variables, order->environment, text, end);
  if (!text) return throw_error(env, EINVAL, "spawn");
  order->file = order->arguments[0];
  long pid = spawn(order);
  if (pid < 0) return throw_error(env, -pid, "clone");
  return order->error ? throw_error(env, order->error, "execve") : make_number(env, (double)pid);
}

napi_value sys_spawn(napi_env env, napi_callback_info info) {
  size_t given = COUNT;
  napi_value values[COUNT];
  struct order order = {0};
  struct sizes sizes = {0};
  napi_get_cb_info(env, info, &given, values, NULL, NULL);
  if (!measure(env, values[ARGUMENTS], &sizes.arguments, &sizes.text) || sizes.arguments == 0 ||
      !measure(env, values[ENVIRONMENT], &sizes.variables, &sizes.text) ||
      napi_get_array_length(env, values[DESCRIPTORS], &order.count) != napi_ok || order.count > MOST_DESCRIPTORS ||
      napi_get_value_bool(env, values[SESSION], &order.session) != napi_ok)
    return refuse(env);
  sizes.pointers = (sizes.arguments + 1 + sizes.variables + 1) * sizeof(char *);
  sizes.numbers = order.count * sizeof(int);
  /* the kernel's own memory, not JavaScript's: it is given back at once */
  size_t length = sizes.pointers + sizes.numbers + sizes.text;
  long memory = call6(__NR_mmap, NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory < 0 && memory > -4096) return throw_error(env, -memory, "mmap");
  napi_value result = start_with(env, values, &order, sizes, (char *)memory);
  call2(__NR_munmap, memory, length);
  return result;
}
