/* subscribers SOCKET PATH COUNT [numbered]: COUNT clients that each follow one stream of server-sent events, in one
 * small program, so that what is measured is the server and not a thousand readers.
 *
 * With `numbered` a message's number is its id, and each client must get one after the other without a hole. Otherwise
 * messages are counted from 1.
 *
 * Records: subscribed (all have the head of the answer), told (all have the message of that number), and when SIGTERM
 * ends it: holes (numbers that did not follow the one before), gone (streams that the server ended). */
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "record.h"

enum { kept_numbers = 1 << 16, line_start = 24 };

struct client {
  int fd;
  /* How much of the empty line that ends the head has come. */
  int head_matched;
  int in_body;
  char start[line_start];
  int column;
  int has_data;
  long long id;
  long long number;
};

static int count, numbered, open_heads;
static long long holes, gone;
/* How many clients have the message of a number, by its last bits. */
static int told[kept_numbers];

static void fail(const char *what) {
  perror(what);
  exit(113);
}

static int subscribe(const char *socket_path, const char *request) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(socket_path) >= sizeof address.sun_path) exit(64);
  strcpy(address.sun_path, socket_path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) fail(socket_path);
  if (write(fd, request, strlen(request)) != (ssize_t)strlen(request)) fail("write");
  return fd;
}

static void take_message(struct client *client) {
  long long number = numbered ? client->id : client->number + 1;
  if (numbered && client->number != 0 && number != client->number + 1) holes++;
  client->number = number;
  int *have = &told[number % kept_numbers];
  if (++*have < count) return;
  *have = 0;
  record("told", number);
}

/* An empty line ends a message; what begins with a colon is none. */
static void take_line(struct client *client) {
  if (client->column == 0) {
    if (client->has_data) take_message(client);
    client->has_data = 0;
    return;
  }
  client->start[client->column] = '\0';
  if (strncmp(client->start, "id: ", 4) == 0) client->id = atoll(client->start + 4);
  if (strncmp(client->start, "data:", 5) == 0) client->has_data = 1;
  client->column = 0;
}

static void take_body(struct client *client, const char *at, const char *end) {
  while (at < end) {
    const char *feed = memchr(at, '\n', (size_t)(end - at));
    const char *stop = feed == NULL ? end : feed;
    for (; at < stop && client->column < line_start - 1; at++) client->start[client->column++] = *at;
    if (feed == NULL) return;
    take_line(client);
    at = feed + 1;
  }
}

static const char *skip_head(struct client *client, const char *at, const char *end) {
  static const char empty_line[] = "\r\n\r\n";
  for (; at < end && !client->in_body; at++) {
    client->head_matched = *at == empty_line[client->head_matched] ? client->head_matched + 1 : *at == '\r';
    if (client->head_matched < 4) continue;
    client->in_body = 1;
    if (++open_heads == count) record("subscribed", count);
  }
  return at;
}

static void take(struct client *client, int poll) {
  static char buffer[1 << 16];
  ssize_t got = read(client->fd, buffer, sizeof buffer);
  if (got <= 0) {
    gone++;
    epoll_ctl(poll, EPOLL_CTL_DEL, client->fd, NULL);
    close(client->fd);
    return;
  }
  const char *end = buffer + got;
  take_body(client, skip_head(client, buffer, end), end);
}

static volatile sig_atomic_t ended;

static void end(int signal) {
  (void)signal;
  ended = 1;
}

int main(int arguments_count, char **arguments) {
  if (arguments_count < 4) return 64;
  count = atoi(arguments[3]);
  numbered = arguments_count > 4;
  struct sigaction action = {.sa_handler = end};
  sigaction(SIGTERM, &action, NULL);
  struct client *clients = calloc((size_t)count, sizeof *clients);
  int poll = epoll_create1(EPOLL_CLOEXEC);
  if (clients == NULL || poll < 0) fail("subscribers");
  char request[512];
  snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n",
           arguments[2]);
  for (int i = 0; i < count; i++) {
    clients[i].fd = subscribe(arguments[1], request);
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = &clients[i]};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, clients[i].fd, &wanted) < 0) fail("epoll_ctl");
  }
  while (!ended) {
    struct epoll_event ready[256];
    int found = epoll_wait(poll, ready, 256, -1);
    for (int i = 0; i < found; i++) take(ready[i].data.ptr, poll);
  }
  record("holes", holes);
  record("gone", gone);
  return 0;
}
