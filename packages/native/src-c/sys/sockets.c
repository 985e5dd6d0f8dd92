/* A socket that takes connections before anything is loaded that could answer them: the kernel keeps them waiting. */
#include "sys.h"

#include <asm/errno.h>
#include <linux/net.h>
#include <linux/un.h>

enum { AF_UNIX = 1, SOCK_STREAM = 1, SOCK_NONBLOCK = 04000, SOCK_CLOEXEC = 02000000 };

static long listen_on(const struct sockaddr_un *address, int backlog) {
  long fd = call3(__NR_socket, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fd;
  long error = call3(__NR_bind, fd, address, sizeof *address);
  if (error == 0) error = call2(__NR_listen, fd, backlog);
  if (error == 0) return fd;
  call1(__NR_close, fd);
  return error;
}

napi_value sys_listen(napi_env env, napi_callback_info info) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  napi_value values[2];
  size_t given = 2, length = 0;
  int32_t backlog;
  napi_get_cb_info(env, info, &given, values, NULL, NULL);
  if (napi_get_value_string_utf8(env, values[0], NULL, 0, &length) != napi_ok ||
      napi_get_value_int32(env, values[1], &backlog) != napi_ok) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "listen needs a path and a number");
    return NULL;
  }
  /* an empty one would be a name that the kernel makes up, a longer one a shorter path than was meant */
  if (length == 0) return throw_error(env, EINVAL, "bind");
  if (length >= sizeof address.sun_path) return throw_error(env, ENAMETOOLONG, "bind");
  napi_get_value_string_utf8(env, values[0], address.sun_path, sizeof address.sun_path, &length);
  long fd = listen_on(&address, backlog);
  return fd < 0 ? throw_error(env, -fd, "listen") : make_number(env, (double)fd);
}
