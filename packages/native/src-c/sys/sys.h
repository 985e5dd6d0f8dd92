/* sys.node: the system calls of ../../src/sys.ts. Needs nothing but Node's own symbols: no C library, so one file serves all. */
#ifndef PM_SYS_H
#define PM_SYS_H

#include "../abi.h"

#define NAPI_VERSION 8
#include <node_api.h>

enum { MAX_ARGUMENTS = 3 };

/* Sixteen bytes at once: every x86-64 and arm64 can. */
typedef uint8_t block_t __attribute__((vector_size(16)));

struct arguments {
  napi_value values[MAX_ARGUMENTS];
  int numbers[MAX_ARGUMENTS];
};

/* values.c */
char *append(char *to, const char *text);
napi_value make_string(napi_env env, const char *text);
napi_value make_number(napi_env env, double number);
void set_property(napi_env env, napi_value object, const char *key, napi_value value);
napi_value throw_error(napi_env env, long error, const char *system_call_name);
napi_value finish(napi_env env, long result, const char *system_call_name);
int read_integers(napi_env env, napi_callback_info info, int count, struct arguments *arguments);
int read_bytes(napi_env env, napi_value value, uint8_t **bytes, size_t *length);

/* memory.c, processes.c, descriptors.c, sockets.c, spawn.c, pipes.c, bytes.c, frame.c */
napi_value sys_waitid(napi_env env, napi_callback_info info);
napi_value sys_pipe2(napi_env env, napi_callback_info info);
napi_value sys_fchown(napi_env env, napi_callback_info info);
napi_value sys_prctl(napi_env env, napi_callback_info info);
napi_value sys_prlimit(napi_env env, napi_callback_info info);
napi_value sys_ioprio_set(napi_env env, napi_callback_info info);
napi_value sys_tgkill(napi_env env, napi_callback_info info);
napi_value sys_open_terminal(napi_env env, napi_callback_info info);
napi_value sys_set_window_size(napi_env env, napi_callback_info info);
napi_value sys_get_window_size(napi_env env, napi_callback_info info);
napi_value sys_set_non_blocking(napi_env env, napi_callback_info info);
napi_value sys_listen(napi_env env, napi_callback_info info);
napi_value sys_spawn(napi_env env, napi_callback_info info);
napi_value sys_write_now(napi_env env, napi_callback_info info);
napi_value sys_grow_pipe(napi_env env, napi_callback_info info);
napi_value sys_count_byte(napi_env env, napi_callback_info info);
napi_value sys_frame_lines(napi_env env, napi_callback_info info);
napi_value sys_trim_memory(napi_env env, napi_callback_info info);

#endif
