/*
 * The socket of sd_notify(3): Node cannot read unix datagrams, so the monitor does, and copies each message with a line feed
 * behind it to a pipe. The kernel says who sent it; whoever is neither the service's user nor root is not heard.
 */
#include "svexec.h"

#include <asm/socket.h>
#include <linux/un.h>

enum { MESSAGE_MAX = 4096 }; /* systemd's limit, and what a pipe takes in one piece */
enum { BATCH = 1024 };       /* more than a socket's queue holds; who floods it must not keep us from our work */

/* Not in the kernel's exported headers, though part of its interface. */
enum { AF_UNIX = 1, SOCKET_DATAGRAM = 2, CONTROL_CREDENTIALS = 2, MESSAGE_CLOSE_ON_EXEC = 0x40000000 };

struct vector {
  void *base;
  size_t length;
};

struct message {
  void *name;
  int name_length;
  struct vector *vectors;
  size_t vector_count;
  void *control;
  size_t control_length;
  unsigned flags;
};

/* A control message of which the data are credentials. */
struct credentials {
  size_t length;
  int level, type;
  int pid;
  unsigned uid, gid;
};

static unsigned service_uid;
static int pipe_fd = -1;

static const char *find_name(char **environment) {
  static const char key[] = "NOTIFY_SOCKET=";
  for (; *environment; environment++) {
    int i = 0;
    while (key[i] && (*environment)[i] == key[i]) i++;
    if (!key[i]) return *environment + i;
  }
  return "";
}

/* "@name" is an abstract address: no file, so that it works on a read-only root. */
static int set_address(struct sockaddr_un *address, const char *name) {
  int length = 0;
  address->sun_family = AF_UNIX;
  if (name[0] != '@' || !name[1]) return 0;
  for (; name[length]; length++) {
    if (length == sizeof address->sun_path) return 0;
    address->sun_path[length] = length ? name[length] : 0;
  }
  return (int)sizeof address->sun_family + length;
}

static int bind_socket(int fd, const char *name) {
  struct sockaddr_un address;
  int on = 1, length = set_address(&address, name);
  if (!length) return -EINVAL;
  long result = call5(__NR_setsockopt, fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  return (int)(result < 0 ? result : call3(__NR_bind, fd, &address, length));
}

/* The pipe must not hold up the monitor: a reader that is behind by 64 KiB misses messages. */
int open_notify_socket(const struct options *options, char **environment) {
  long flags = call2(__NR_fcntl, options->notify_fd, F_GETFL);
  if (flags < 0) return (int)flags;
  long fd = call3(__NR_socket, AF_UNIX, SOCKET_DATAGRAM | O_CLOEXEC | O_NONBLOCK, 0);
  if (fd < 0) return (int)fd;
  int result = bind_socket((int)fd, find_name(environment));
  if (result < 0) return result;
  call3(__NR_fcntl, options->notify_fd, F_SETFL, flags | O_NONBLOCK);
  call3(__NR_fcntl, options->notify_fd, F_SETFD, FD_CLOEXEC);
  service_uid = options->uid == UNSET ? (unsigned)call0(__NR_getuid) : (unsigned)options->uid;
  pipe_fd = options->notify_fd;
  return (int)fd;
}

/* There is room for the credentials alone, so descriptors that come along (BARRIER=1) are closed by the kernel: that answers them. */
static long receive(int fd, char *text, struct credentials *sender) {
  struct vector vector = {text, MESSAGE_MAX};
  struct message message = {NULL, 0, &vector, 1, sender, sizeof *sender, 0};
  return call3(__NR_recvmsg, fd, &message, MESSAGE_CLOSE_ON_EXEC);
}

static int may_speak(const struct credentials *sender) {
  if (sender->level != SOL_SOCKET || sender->type != CONTROL_CREDENTIALS) return 0;
  return sender->uid == service_uid || sender->uid == 0;
}

static void copy(char *text, long size) {
  text[size] = '\n';
  call3(__NR_write, pipe_fd, text, size + 1);
}

void copy_notifications(int socket_fd) {
  char text[MESSAGE_MAX];
  for (int i = 0; i < BATCH; i++) {
    struct credentials sender = {0};
    long size = receive(socket_fd, text, &sender);
    if (size < 0) return;
    if (size > 0 && size < MESSAGE_MAX && may_speak(&sender)) copy(text, size);
  }
}
