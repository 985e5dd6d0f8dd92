/* The kernel's own interface, without a C library: one binary serves glibc and musl, and stays a few kilobytes. */
#ifndef PM_ABI_H
#define PM_ABI_H

#include <asm/unistd.h>
#include <stddef.h>
#include <stdint.h>

#define UNUSED __attribute__((unused))

#if defined(__x86_64__)

static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

#elif defined(__aarch64__)

static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}

#else
#error "pm's native files know x86-64 and arm64"
#endif

#define ARG(value) ((long)(value))
#define call0(n) system_call(n, 0, 0, 0, 0, 0, 0)
#define call1(n, a) system_call(n, ARG(a), 0, 0, 0, 0, 0)
#define call2(n, a, b) system_call(n, ARG(a), ARG(b), 0, 0, 0, 0)
#define call3(n, a, b, c) system_call(n, ARG(a), ARG(b), ARG(c), 0, 0, 0)
#define call4(n, a, b, c, d) system_call(n, ARG(a), ARG(b), ARG(c), ARG(d), 0, 0)
#define call5(n, a, b, c, d, e) system_call(n, ARG(a), ARG(b), ARG(c), ARG(d), ARG(e), 0)
#define call6(n, a, b, c, d, e, f) system_call(n, ARG(a), ARG(b), ARG(c), ARG(d), ARG(e), ARG(f))

#endif
