/* What the log path asks of pipes, and Node has no way to ask: a write that fails is a number here, not an Error that is made. */
#include "sys.h"

#include <linux/fcntl.h>

napi_value sys_write_now(napi_env env, napi_callback_info info) {
  size_t given = 2, length;
  napi_value arguments[2];
  uint8_t *bytes;
  int32_t fd;
  napi_get_cb_info(env, info, &given, arguments, NULL, NULL);
  if (napi_get_value_int32(env, arguments[0], &fd) == napi_ok && read_bytes(env, arguments[1], &bytes, &length)) {
    long written = call3(__NR_write, fd, bytes, length);
    return make_number(env, written < 0 ? 0 : (double)written);
  }
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "a descriptor and bytes are needed");
  return NULL;
}

napi_value sys_grow_pipe(napi_env env, napi_callback_info info) {
  struct arguments a;
  if (!read_integers(env, info, 2, &a)) return NULL;
  long size = call2(__NR_fcntl, a.numbers[0], F_GETPIPE_SZ);
  if (size >= 0 && size < a.numbers[1]) size = call3(__NR_fcntl, a.numbers[0], F_SETPIPE_SZ, a.numbers[1]);
  if (size < 0) return throw_error(env, -size, "fcntl F_SETPIPE_SZ");
  return make_number(env, (double)size);
}
