#include "sys.h"

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
    {"listen", sys_listen},
    {"spawn", sys_spawn},
    {"writeNow", sys_write_now},
    {"growPipe", sys_grow_pipe},
    {"countByte", sys_count_byte},
    {"frameLines", sys_frame_lines},
    {"trimMemory", sys_trim_memory},
};

NAPI_MODULE_INIT() {
  for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value function;
    napi_status status = napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].run, NULL, &function);
    if (status == napi_ok) set_property(env, exports, functions[i].name, function);
  }
  return exports;
}
