/* sys.node: the system calls of ../src/sys.ts. Needs nothing but Node's own symbols: no C library, so one file serves all. */
#include "abi.h"

#define NAPI_VERSION 8
#include <node_api.h>

#include <asm/errno.h>
#include <asm/ioctls.h>
#include <asm/siginfo.h>
#include <asm/termios.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/wait.h>

enum { MAX_ARGUMENTS = 3 };

/* ---- errors ---- */

struct error_name {
  int error;
  const char *code;
  const char *text;
};

#define NAMED(code, text) {code, #code, text}
static const struct error_name error_names[] = {
    NAMED(EPERM, "operation not permitted"),
    NAMED(ENOENT, "no such file or directory"),
    NAMED(ESRCH, "no such process"),
    NAMED(EINTR, "interrupted system call"),
    NAMED(EIO, "i/o error"),
    NAMED(ENXIO, "no such device or address"),
    NAMED(EBADF, "bad file descriptor"),
    NAMED(ECHILD, "no child processes"),
    NAMED(EAGAIN, "resource temporarily unavailable"),
    NAMED(ENOMEM, "not enough memory"),
    NAMED(EACCES, "permission denied"),
    NAMED(ENODEV, "no such device"),
    NAMED(EINVAL, "invalid argument"),
    NAMED(ENFILE, "file table overflow"),
    NAMED(EMFILE, "too many open files"),
    NAMED(ENOTTY, "not a terminal"),
    NAMED(ENOSPC, "no space left on device"),
    NAMED(EROFS, "read-only file system"),
    NAMED(ENOSYS, "the kernel does not have this system call"),
    NAMED(EOPNOTSUPP, "operation not supported"),
};

static char *append(char *to, const char *text) {
  while ((*to = *text++)) to++;
  return to;
}

static void set_property(napi_env env, napi_value object, const char *key, napi_value value) {
  napi_set_named_property(env, object, key, value);
}

static napi_value make_string(napi_env env, const char *text) {
  napi_value value = NULL;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
  return value;
}

static napi_value make_number(napi_env env, double number) {
  napi_value value = NULL;
  napi_create_double(env, number, &value);
  return value;
}

/* Like Node's own: "EPERM: operation not permitted, prlimit", with a negative errno. */
static napi_value throw_error(napi_env env, long error, const char *system_call_name) {
  struct error_name name = {(int)error, "EUNKNOWN", "unknown error"};
  char message[128];
  napi_value object;
  for (unsigned i = 0; i < sizeof error_names / sizeof *error_names; i++)
    if (error_names[i].error == error) name = error_names[i];
  append(append(append(append(append(message, name.code), ": "), name.text), ", "), system_call_name);
  napi_create_error(env, make_string(env, name.code), make_string(env, message), &object);
  set_property(env, object, "errno", make_number(env, (double)-error));
  set_property(env, object, "syscall", make_string(env, system_call_name));
  napi_throw(env, object);
  return NULL;
}

/* For calls whose result says nothing but success. */
static napi_value finish(napi_env env, long result, const char *system_call_name) {
  return result < 0 ? throw_error(env, -result, system_call_name) : NULL;
}

/* ---- arguments ---- */

struct arguments {
  napi_value values[MAX_ARGUMENTS];
  int numbers[MAX_ARGUMENTS];
};

/* The first `count` arguments as whole numbers of 32 bits; anything else is a TypeError and returns 0. */
static int read_integers(napi_env env, napi_callback_info info, int count, struct arguments *arguments) {
  size_t given = MAX_ARGUMENTS;
  napi_get_cb_info(env, info, &given, arguments->values, NULL, NULL);
  for (int i = 0; i < count; i++) {
    double number;
    /* the comparisons are false for NaN; ids go up to 2^32 - 1 */
    if (napi_get_value_double(env, arguments->values[i], &number) == napi_ok && number >= -2147483648.0 &&
        number <= 4294967295.0 && number == (double)(int64_t)number) {
      arguments->numbers[i] = (int)(int64_t)number;
      continue;
    }
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "a whole number of 32 bits is needed for every argument");
    return 0;
  }
  return 1;
}

/* ---- processes ---- */

static napi_value sys_waitid(napi_env env, napi_callback_info info) {
  struct arguments a;
  siginfo_t found;
  napi_value result;
  if (!read_integers(env, info, 3, &a)) return NULL;
  found.si_pid = 0;
  long error = call5(__NR_waitid, a.numbers[0], a.numbers[1], &found, a.numbers[2], NULL);
  if (error < 0) return throw_error(env, -error, "waitid");
  if (found.si_pid == 0) {
    napi_get_null(env, &result);
    return result;
  }
  napi_create_object(env, &result);
  set_property(env, result, "pid", make_number(env, found.si_pid));
  set_property(env, result, "uid", make_number(env, found.si_uid));
  set_property(env, result, "code", make_number(env, found.si_code));
  set_property(env, result, "status", make_number(env, found.si_status));
  return result;
}

static napi_value sys_tgkill(napi_env env, napi_callback_info info) {
  struct arguments a;
  if (!read_integers(env, info, 3, &a)) return NULL;
  return finish(env, call3(__NR_tgkill, a.numbers[0], a.numbers[1], a.numbers[2]), "tgkill");
}

/* Options that take or fill a pointer must not be reached with a number from JavaScript. */
static int takes_a_number(int option) {
  switch (option) {
    case PR_SET_PDEATHSIG:
    case PR_GET_DUMPABLE:
    case PR_SET_DUMPABLE:
    case PR_SET_TIMERSLACK:
    case PR_GET_TIMERSLACK:
    case PR_SET_CHILD_SUBREAPER:
    case PR_SET_NO_NEW_PRIVS:
    case PR_GET_NO_NEW_PRIVS:
    case PR_SET_THP_DISABLE:
    case PR_GET_THP_DISABLE: return 1;
    default: return 0;
  }
}

static napi_value sys_prctl(napi_env env, napi_callback_info info) {
  struct arguments a;
  int answer = 0;
  if (!read_integers(env, info, 2, &a)) return NULL;
  int option = a.numbers[0], fills = option == PR_GET_CHILD_SUBREAPER || option == PR_GET_PDEATHSIG;
  if (!fills && !takes_a_number(option)) return throw_error(env, EINVAL, "prctl");
  long result = call5(__NR_prctl, option, fills ? ARG(&answer) : a.numbers[1], 0, 0, 0);
  if (result < 0) return throw_error(env, -result, "prctl");
  return make_number(env, fills ? answer : (double)result);
}

static napi_value sys_ioprio_set(napi_env env, napi_callback_info info) {
  struct arguments a;
  if (!read_integers(env, info, 3, &a)) return NULL;
  return finish(env, call3(__NR_ioprio_set, a.numbers[0], a.numbers[1], a.numbers[2]), "ioprio_set");
}

/* ---- limits ---- */

static const double two_to_64 = 18446744073709551616.0;

static int read_limit(napi_env env, napi_value pair, uint32_t index, __u64 *value) {
  napi_value element;
  double number;
  if (napi_get_element(env, pair, index, &element) != napi_ok) return 0;
  if (napi_get_value_double(env, element, &number) != napi_ok || !(number >= 0)) return 0;
  *value = number >= two_to_64 ? RLIM64_INFINITY : (__u64)number;
  return 1;
}

static void put_limit(napi_env env, napi_value pair, uint32_t index, __u64 value) {
  napi_set_element(env, pair, index, make_number(env, value == RLIM64_INFINITY ? __builtin_inf() : (double)value));
}

static napi_value sys_prlimit(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct rlimit64 wanted, old;
  napi_valuetype type;
  napi_value result;
  if (!read_integers(env, info, 2, &a)) return NULL;
  napi_typeof(env, a.values[2], &type);
  int reads_only = type == napi_null;
  if (!reads_only && !(read_limit(env, a.values[2], 0, &wanted.rlim_cur) && read_limit(env, a.values[2], 1, &wanted.rlim_max))) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "a limit is null or [soft, hard], not negative");
    return NULL;
  }
  long error = call4(__NR_prlimit64, a.numbers[0], a.numbers[1], reads_only ? NULL : &wanted, &old);
  if (error < 0) return throw_error(env, -error, "prlimit");
  napi_create_array_with_length(env, 2, &result);
  put_limit(env, result, 0, old.rlim_cur);
  put_limit(env, result, 1, old.rlim_max);
  return result;
}

/* ---- descriptors ---- */

static napi_value sys_pipe2(napi_env env, napi_callback_info info) {
  struct arguments a;
  int ends[2];
  napi_value result;
  if (!read_integers(env, info, 1, &a)) return NULL;
  long error = call2(__NR_pipe2, ends, a.numbers[0]);
  if (error < 0) return throw_error(env, -error, "pipe2");
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, make_number(env, ends[0]));
  napi_set_element(env, result, 1, make_number(env, ends[1]));
  return result;
}

static napi_value sys_fchown(napi_env env, napi_callback_info info) {
  struct arguments a;
  if (!read_integers(env, info, 3, &a)) return NULL;
  return finish(env, call3(__NR_fchown, a.numbers[0], a.numbers[1], a.numbers[2]), "fchown");
}

static napi_value sys_set_non_blocking(napi_env env, napi_callback_info info) {
  struct arguments a;
  bool on;
  napi_value result;
  if (!read_integers(env, info, 1, &a)) return NULL;
  if (napi_get_value_bool(env, a.values[1], &on) != napi_ok) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "setNonBlocking needs true or false");
    return NULL;
  }
  long flags = call2(__NR_fcntl, a.numbers[0], F_GETFL);
  long error = flags;
  if (flags >= 0) error = call3(__NR_fcntl, a.numbers[0], F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
  if (error < 0) return throw_error(env, -error, "fcntl");
  napi_get_boolean(env, (flags & O_NONBLOCK) != 0, &result);
  return result;
}

/* ---- terminals ---- */

static char *append_number(char *to, int number) {
  if (number >= 10) to = append_number(to, number / 10);
  *to++ = (char)('0' + number % 10);
  *to = 0;
  return to;
}

static napi_value sys_open_terminal(napi_env env, napi_callback_info info) {
  char path[32];
  int locked = 0, number;
  napi_value result;
  (void)info;
  long fd = call3(__NR_openat, AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return throw_error(env, -fd, "open /dev/ptmx");
  long error = call3(__NR_ioctl, fd, TIOCSPTLCK, &locked);
  if (error == 0) error = call3(__NR_ioctl, fd, TIOCGPTN, &number);
  if (error < 0) {
    call1(__NR_close, fd);
    return throw_error(env, -error, "ioctl /dev/ptmx");
  }
  append_number(append(path, "/dev/pts/"), number);
  napi_create_object(env, &result);
  set_property(env, result, "fd", make_number(env, (double)fd));
  set_property(env, result, "path", make_string(env, path));
  return result;
}

static napi_value sys_set_window_size(napi_env env, napi_callback_info info) {
  struct arguments a;
  if (!read_integers(env, info, 3, &a)) return NULL;
  struct winsize size = {(unsigned short)a.numbers[1], (unsigned short)a.numbers[2], 0, 0};
  return finish(env, call3(__NR_ioctl, a.numbers[0], TIOCSWINSZ, &size), "ioctl TIOCSWINSZ");
}

static napi_value sys_get_window_size(napi_env env, napi_callback_info info) {
  struct arguments a;
  struct winsize size;
  napi_value result;
  if (!read_integers(env, info, 1, &a)) return NULL;
  long error = call3(__NR_ioctl, a.numbers[0], TIOCGWINSZ, &size);
  if (error < 0) return throw_error(env, -error, "ioctl TIOCGWINSZ");
  napi_create_object(env, &result);
  set_property(env, result, "rows", make_number(env, size.ws_row));
  set_property(env, result, "columns", make_number(env, size.ws_col));
  return result;
}

/* ---- the module ---- */

static const struct {
  const char *name;
  napi_callback run;
} functions[] = {
    {"waitid", sys_waitid},
    {"pipe2", sys_pipe2},
    {"fchown", sys_fchown},
    {"prctl", sys_prctl},
    {"prlimit", sys_prlimit},
    {"ioprioSet", sys_ioprio_set},
    {"tgkill", sys_tgkill},
    {"openTerminal", sys_open_terminal},
    {"setWindowSize", sys_set_window_size},
    {"getWindowSize", sys_get_window_size},
    {"setNonBlocking", sys_set_non_blocking},
};

NAPI_MODULE_INIT() {
  for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value function;
    napi_status status = napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].run, NULL, &function);
    if (status == napi_ok) set_property(env, exports, functions[i].name, function);
  }
  return exports;
}
