/* Between JavaScript's values and C's. */
#include "sys.h"

#include <asm/errno.h>

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
    NAMED(E2BIG, "argument list too long"),
    NAMED(ENOEXEC, "exec format error"),
    NAMED(EBADF, "bad file descriptor"),
    NAMED(ECHILD, "no child processes"),
    NAMED(EAGAIN, "resource temporarily unavailable"),
    NAMED(ENOMEM, "not enough memory"),
    NAMED(EACCES, "permission denied"),
    NAMED(ENODEV, "no such device"),
    NAMED(ENOTDIR, "not a directory"),
    NAMED(EINVAL, "invalid argument"),
    NAMED(ENFILE, "file table overflow"),
    NAMED(EMFILE, "too many open files"),
    NAMED(ENOTTY, "not a terminal"),
    NAMED(ENOSPC, "no space left on device"),
    NAMED(EROFS, "read-only file system"),
    NAMED(ENAMETOOLONG, "name too long"),
    NAMED(EAFNOSUPPORT, "address family not supported"),
    NAMED(EADDRINUSE, "address already in use"),
    NAMED(ENOSYS, "the kernel does not have this system call"),
    NAMED(EOPNOTSUPP, "operation not supported"),
};

char *append(char *to, const char *text) {
  while ((*to = *text++)) to++;
  return to;
}

void set_property(napi_env env, napi_value object, const char *key, napi_value value) {
  napi_set_named_property(env, object, key, value);
}

napi_value make_string(napi_env env, const char *text) {
  napi_value value = NULL;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
  return value;
}

napi_value make_number(napi_env env, double number) {
  napi_value value = NULL;
  napi_create_double(env, number, &value);
  return value;
}

/* Like Node's own: "EPERM: operation not permitted, prlimit", with a negative errno. */
napi_value throw_error(napi_env env, long error, const char *system_call_name) {
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
napi_value finish(napi_env env, long result, const char *system_call_name) {
  return result < 0 ? throw_error(env, -result, system_call_name) : NULL;
}

/* The first `count` arguments as whole numbers of 32 bits; anything else is a TypeError and returns 0. */
int read_integers(napi_env env, napi_callback_info info, int count, struct arguments *arguments) {
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

int read_bytes(napi_env env, napi_value value, uint8_t **bytes, size_t *length) {
  napi_typedarray_type type;
  return napi_get_typedarray_info(env, value, &type, length, (void **)bytes, NULL, NULL) == napi_ok && type == napi_uint8_array;
}
