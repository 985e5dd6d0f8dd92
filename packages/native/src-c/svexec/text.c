#include "svexec.h"

static int digit_value(char c) { return c >= '0' && c <= '9' ? c - '0' : 99; }

/* Reads a whole number that ends with `end`; returns the characters read without `end`, or 0 when it is none. */
int parse_number(const char *text, char end, int base, long *value) {
  const char *at = text;
  int negative = *at == '-';
  long sum = 0;
  if (negative) at++;
  const char *digits = at;
  for (; digit_value(*at) < base; at++)
    if (__builtin_mul_overflow(sum, base, &sum) || __builtin_add_overflow(sum, digit_value(*at), &sum)) return 0;
  if (at == digits || *at != end) return 0;
  *value = negative ? -sum : sum;
  return (int)(at - text);
}

/* Both return the place behind what they wrote, and end it with a NUL. */
char *put_text(char *to, const char *text) {
  while ((*to = *text++)) to++;
  return to;
}

char *put_number(char *to, long value) {
  char reversed[24];
  int length = 0;
  unsigned long rest = value < 0 ? 0UL - (unsigned long)value : (unsigned long)value;
  if (value < 0) *to++ = '-';
  do reversed[length++] = (char)('0' + rest % 10);
  while (rest /= 10);
  while (length) *to++ = reversed[--length];
  *to = 0;
  return to;
}
