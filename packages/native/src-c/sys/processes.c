#include "sys.h"

#include <asm/errno.h>
#include <asm/siginfo.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/wait.h>

napi_value sys_waitid(napi_env env, napi_callback_info info) {
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

napi_value sys_tgkill(napi_env env, napi_callback_info info) {
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

napi_value sys_prctl(napi_env env, napi_callback_info info) {
  struct arguments a;
  int answer = 0;
  if (!read_integers(env, info, 2, &a)) return NULL;
  int option = a.numbers[0], fills = option == PR_GET_CHILD_SUBREAPER || option == PR_GET_PDEATHSIG;
  if (!fills && !takes_a_number(option)) return throw_error(env, EINVAL, "prctl");
  long result = call5(__NR_prctl, option, fills ? ARG(&answer) : a.numbers[1], 0, 0, 0);
  if (result < 0) return throw_error(env, -result, "prctl");
  return make_number(env, fills ? answer : (double)result);
}

napi_value sys_ioprio_set(napi_env env, napi_callback_info info) {
  struct arguments a;
  if (!read_integers(env, info, 3, &a)) return NULL;
  return finish(env, call3(__NR_ioprio_set, a.numbers[0], a.numbers[1], a.numbers[2]), "ioprio_set");
}

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

napi_value sys_prlimit(napi_env env, napi_callback_info info) {
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
