#include "sys.h"

#include <asm/ioctls.h>
#include <asm/termios.h>
#include <linux/fcntl.h>

napi_value sys_pipe2(napi_env env, napi_callback_info info) {
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

napi_value sys_fchown(napi_env env, napi_callback_info info) {
  struct arguments a;
  if (!read_integers(env, info, 3, &a)) return NULL;
  return finish(env, call3(__NR_fchown, a.numbers[0], a.numbers[1], a.numbers[2]), "fchown");
}

napi_value sys_set_non_blocking(napi_env env, napi_callback_info info) {
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

static char *append_number(char *to, int number) {
  if (number >= 10) to = append_number(to, number / 10);
  *to++ = (char)('0' + number % 10);
  *to = 0;
  return to;
}

napi_value sys_open_terminal(napi_env env, napi_callback_info info) {
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

napi_value sys_set_window_size(napi_env env, napi_callback_info info) {
  struct arguments a;
  if (!read_integers(env, info, 3, &a)) return NULL;
  struct winsize size = {(unsigned short)a.numbers[1], (unsigned short)a.numbers[2], 0, 0};
  return finish(env, call3(__NR_ioctl, a.numbers[0], TIOCSWINSZ, &size), "ioctl TIOCSWINSZ");
}

napi_value sys_get_window_size(napi_env env, napi_callback_info info) {
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
