/* launch PROGRAM ARGUMENT...: stamps the moment, then becomes the program. So a start is measured from its exec, and
 * not from whatever the bench, which is a larger program, does to fork. */
#include <unistd.h>

#include "record.h"

int main(int count, char **arguments) {
  if (count < 2) return 64;
  record("exec", 0);
  execvp(arguments[1], arguments + 1);
  return 127;
}
