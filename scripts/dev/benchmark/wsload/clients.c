/* Connections: how they open, send, receive and close, on one epoll. */

#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 512, READ_BYTES = 1 << 18, HEAD_BYTES = 4096 };

static const double OPEN_TIMEOUT = 60, CLOSE_TIMEOUT = 30;

static struct epoll_event events[EVENTS];
static unsigned char buffer[READ_BYTES];
static char* request;

Load make_load(const Options* options, Frames frames, int clients) {
  Load load = {.options = options, .frames = frames};
  load.clients = allocate((size_t)clients, sizeof(Client));
  load.epoll = epoll_create1(0);
  request = handshake_request(options);
  return load;
}

static void watch(Load* load, Client* client, uint32_t wanted, int operation) {
  struct epoll_event event = {.events = wanted, .data.ptr = client};
  if (epoll_ctl(load->epoll, operation, client->fd, &event) < 0) fail("epoll: %s", strerror(errno));
}

/* Begins to connect. That it is connected, or refused, shows when the request is sent. */
static void start(Load* load, Client* client) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)load->options->port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int on = 1;
  client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (client->fd < 0) fail("a socket cannot be made: %s", strerror(errno));
  setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(client->fd, (struct sockaddr*)&address, sizeof address) < 0 && errno != EINPROGRESS)
    fail("the server cannot be reached: %s", strerror(errno));
  client->state = CONNECTING;
  client->skip = load->options->skip;
  client->head = allocate(HEAD_BYTES, 1);
  watch(load, client, EPOLLOUT, EPOLL_CTL_ADD);
}

Client* client_begin(Load* load) {
  Client* client = &load->clients[load->count++];
  client->parser = allocate(1, sizeof(Parser));
  client->sent_at = allocate((size_t)load->options->in_flight, sizeof(double));
  start(load, client);
  return client;
}

void client_restart(Load* load, Client* client) {
  memset(client->parser, 0, sizeof(Parser));
  client->head_length = 0;
  start(load, client);
}

static void send_request(Load* load, Client* client) {
  size_t length = strlen(request);
  if (send(client->fd, request, length, MSG_NOSIGNAL) != (ssize_t)length)
    fail("the server cannot be reached: %s", strerror(errno));
  client->state = OPENING;
  watch(load, client, EPOLLIN, EPOLL_CTL_MOD);
}

static void set_open(Client* client) {
  free(client->head);
  client->head = NULL;
  client->state = OPEN;
}

/* Takes bytes of the head of the handshake; returns how many belong to it. */
static size_t read_head(Load* load, Client* client, size_t length) {
  size_t before = client->head_length;
  size_t room = HEAD_BYTES - 1 - before;
  size_t part = length < room ? length : room;
  memcpy(client->head + before, buffer, part);
  client->head_length += part;
  char* end = memmem(client->head, client->head_length, "\r\n\r\n", 4);
  if (!end) {
    if (part < length) fail("the server answered the handshake with endless headers");
    return length;
  }
  size_t whole = (size_t)(end - client->head) + 4;
  check_handshake(client->head, whole, load->options->deflate);
  free(client->head);
  client->head = NULL;
  return whole - before;
}

/* Looks at the first answer: a server that answers something else must not count as quick. */
static void check_answer(const Load* load, Client* client) {
  const Parser* parser = client->parser;
  const char* expect = load->options->expect;
  client->is_checked = true;
  if (expect && !memmem(parser->sample, parser->sampled, expect, strlen(expect)))
    fail("the answer does not contain %s: %.*s", expect,
         (int)(parser->sampled < 100 ? parser->sampled : 100), parser->sample);
  if (load->options->deflate && !parser->is_compressed) fail("the answer is not compressed");
}

/* Counts the messages in what was read; the head of the handshake is over. */
static int read_messages(Load* load, Client* client, const unsigned char* data, size_t length) {
  int messages = 0;
  bool is_message;
  while (length) {
    size_t used = parse(client->parser, data, length, &is_message);
    data += used;
    length -= used;
    if (client->parser->has_closed) {
      if (client->state != CLOSING) fail("the server closed a connection");
      return messages;
    }
    if (!is_message) continue;
    if (client->skip) {
      client->skip--;
      continue;
    }
    if (!client->is_checked) check_answer(load, client);
    messages++;
  }
  return messages;
}

static void hang_up(Client* client) {
  close(client->fd);
  free(client->head);
  client->head = NULL;
  client->state = GONE;
}

static int receive(Load* load, Client* client) {
  ssize_t length = recv(client->fd, buffer, sizeof buffer, 0);
  if (length < 0 && errno == EAGAIN) return 0;
  if (length <= 0) {
    if (client->state != CLOSING) fail("the server hung up on a client");
    hang_up(client);
    return 0;
  }
  size_t head = client->head ? read_head(load, client, (size_t)length) : 0;
  int messages = read_messages(load, client, buffer + head, (size_t)length - head);
  if (client->state == OPENING && !client->head && !client->skip) set_open(client);
  return messages;
}

void client_flush(Load* load, Client* client) {
  const Frames* frames = &load->frames;
  while (client->to_send) {
    long copies = client->to_send < frames->copies ? client->to_send : frames->copies;
    size_t length = (size_t)copies * frames->length - client->offset;
    ssize_t sent = send(client->fd, frames->bytes + client->offset, length, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) fail("the server hung up on a client");
    if (sent < 0) break;
    client->offset += (size_t)sent;
    client->to_send -= (long)(client->offset / frames->length);
    client->offset %= frames->length;
  }
  bool waits = client->to_send > 0;
  if (waits != client->waits_for_room) {
    client->waits_for_room = waits;
    watch(load, client, EPOLLIN | (waits ? EPOLLOUT : 0), EPOLL_CTL_MOD);
  }
}

void send_messages(Load* load, Client* client, int count) {
  double at = now();
  for (int i = 0; i < count; i++)
    client->sent_at[client->next++ % (unsigned)load->options->in_flight] = at;
  client->to_send += count;
  client_flush(load, client);
}

double take_answer(Load* load, Client* client, double at) {
  if (client->first == client->next) fail("the server sent more messages than it was sent");
  return at - client->sent_at[client->first++ % (unsigned)load->options->in_flight];
}

int wait_for_events(Load* load, double timeout) {
  int count = epoll_wait(load->epoll, events, EVENTS, timeout > 0 ? (int)(timeout * 1000) + 1 : 0);
  if (count < 0 && errno != EINTR) fail("epoll: %s", strerror(errno));
  return count < 0 ? 0 : count;
}

Client* event_client(int number) { return events[number].data.ptr; }

int handle(Load* load, int number) {
  Client* client = event_client(number);
  if (client->state == CONNECTING) {
    send_request(load, client);
    return 0;
  }
  if (events[number].events & EPOLLOUT) client_flush(load, client);
  if (events[number].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) return receive(load, client);
  return 0;
}

double open_clients(Load* load, int count) {
  double begin = now();
  int wanted = load->count + count, open = load->count;
  while (open < wanted) {
    while (load->count < wanted && load->count - open < load->options->window) client_begin(load);
    double left = begin + OPEN_TIMEOUT - now();
    int ready = left > 0 ? wait_for_events(load, left) : 0;
    if (!ready) fail("only %d of %d handshakes ended within %.0f s", open, wanted, OPEN_TIMEOUT);
    for (int i = 0; i < ready; i++) {
      State before = event_client(i)->state;
      handle(load, i);
      open += before == OPENING && event_client(i)->state == OPEN;
    }
  }
  return now() - begin;
}

void begin_closing(Load* load, Client* client) {
  bool is_between_frames = client->offset == 0 && client->state == OPEN;
  client->to_send = 0;
  client->state = CLOSING;
  if (!is_between_frames || send(client->fd, CLOSE_FRAME, sizeof CLOSE_FRAME, MSG_NOSIGNAL) < 0) {
    hang_up(client);
    return;
  }
  if (client->waits_for_room) watch(load, client, EPOLLIN, EPOLL_CTL_MOD);
  client->waits_for_room = false;
}

void close_clients(Load* load) {
  double end = now() + CLOSE_TIMEOUT;
  for (int i = 0; i < load->count; i++)
    if (load->clients[i].state < CLOSING) begin_closing(load, &load->clients[i]);
  int left = 0;
  for (int i = 0; i < load->count; i++) left += load->clients[i].state == CLOSING;
  while (left && now() < end) {
    int ready = wait_for_events(load, end - now());
    for (int i = 0; i < ready; i++) {
      handle(load, i);
      left -= event_client(i)->state == GONE;
    }
  }
}
