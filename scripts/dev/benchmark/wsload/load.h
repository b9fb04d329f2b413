/* The load generator of the benchmark: what its parts share.
 *
 * One process, one thread, one epoll. It is compiled, because it has to be faster than every server
 * that it measures. Loopback only, Linux only. What goes wrong is one line on stderr and exit
 * code 1. */

#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the command line asks for. */
typedef struct {
  int port;
  const char* path;
  const char* header; /* one more header of the handshake, or NULL */
  int clients;
  int in_flight;      /* messages that each client has under way */
  int skip;           /* messages that the server sends on its own first, such as a welcome */
  int window;         /* handshakes under way at once */
  int pid;            /* process of the server */
  double warm_up;     /* seconds before the measurement */
  double seconds;     /* length of the measurement */
  double period;      /* seconds between two messages of a stream */
  bool deflate;       /* negotiate permessage-deflate; the message is already compressed */
  const char* expect; /* text that the first answer to each client must contain, or NULL */
} Options;

/* --- system.c: time, errors, the process of the server, figures ------------------------------- */

/* Writes one line to stderr and exits with 1. */
_Noreturn void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));
void* allocate(size_t count, size_t size);

double now(void);        /* monotonic seconds */
double own_cpu(void);    /* processor seconds of this process */
double cpu_of(int pid);  /* processor seconds of a process, in ticks of 10 ms */
long memory_of(int pid); /* resident bytes */
long threads_of(int pid);

/* Returns the seconds for which a measurement goes on: until `end`, but for a limited time longer
 * until each client has had a message, because a rate needs something to count. */
double time_left(double end, long messages, long clients);

/* Durations, kept as values: `percentile` sorts them. */
typedef struct {
  float* values;
  size_t count, capacity;
} Durations;

void durations_add(Durations* durations, double seconds);
double percentile(Durations* durations, double share); /* seconds, 0 if there are none */

/* The span of a measurement: wall time, and processor time of both sides. */
typedef struct {
  double begin, server_cpu, own_cpu;
  int pid;
} Span;

Span span_begin(int pid);
/* Prints the beginning of a JSON object: seconds, messages, rate, CPU microseconds of the server
 * per message, and the share of a core that each side used. The caller closes it. */
void span_print(const Span* span, long messages);

/* --- frames.c: the bytes of WebSocket -----------------------------------------------------------
 */

/* A buffer with copies of the one message that all clients send. */
typedef struct {
  unsigned char* bytes;
  size_t length; /* of one frame */
  int copies;
} Frames;

Frames make_frames(const unsigned char* payload, size_t length, bool compressed);
extern const unsigned char CLOSE_FRAME[8];

/* Returns the request for a handshake; the caller frees it. */
char* handshake_request(const Options* options);
/* Checks a whole answer to it, and fails if it is not the right one. */
void check_handshake(const char* head, size_t length, bool deflate);

enum { SAMPLE = 256 };

/* Splits what a server sends into messages, without keeping them. */
typedef struct {
  unsigned char header[10];
  int have; /* bytes of the header so far */
  bool in_payload;
  uint64_t left;                /* bytes of the payload still to come */
  bool has_closed;              /* a close frame came */
  bool is_compressed;           /* the last message was */
  unsigned char sample[SAMPLE]; /* the beginning of the last frame of a message */
  size_t sampled;
} Parser;

/* Reads bytes up to the end of the next data message. Returns how many it used; `*is_message` says
 * whether a message is complete. */
size_t parse(Parser* parser, const unsigned char* data, size_t length, bool* is_message);

/* --- clients.c: connections ---------------------------------------------------------------------
 */

typedef enum { CONNECTING, OPENING, OPEN, CLOSING, GONE } State;

typedef struct {
  int fd;
  State state;
  int skip;        /* messages still to be passed over */
  bool is_checked; /* the first answer was looked at */
  char* head;      /* of the handshake, until it is over */
  size_t head_length;
  Parser* parser;
  long to_send;  /* frames that are still to be sent */
  size_t offset; /* bytes of the first of them that are sent */
  bool waits_for_room;
  double* sent_at; /* of the messages under way, a ring of `in_flight` */
  unsigned first, next;
} Client;

typedef struct {
  const Options* options;
  Frames frames;
  Client* clients;
  int count; /* clients that were begun */
  int epoll;
} Load;

Load make_load(const Options* options, Frames frames, int clients);
/* Begins to connect one more client. */
Client* client_begin(Load* load);
/* Begins again with a client that is gone. */
void client_restart(Load* load, Client* client);
/* Opens `count` clients, `window` at a time; returns the seconds that it took. */
double open_clients(Load* load, int count);
/* Sends as much of `to_send` as the socket takes; the rest follows with `handle`. */
void client_flush(Load* load, Client* client);
/* Sends the message `count` times, and notes when. */
void send_messages(Load* load, Client* client, int count);
/* Waits for events, at most `timeout` seconds; returns how many there are. */
int wait_for_events(Load* load, double timeout);
Client* event_client(int number);
/* Does what the event asks for; returns how many messages have arrived. */
int handle(Load* load, int number);
/* Returns the seconds since the oldest message under way was sent, and forgets it. */
double take_answer(Load* load, Client* client, double at);
/* Sends a close frame. The client is gone when the server has hung up. */
void begin_closing(Load* load, Client* client);
/* Closes all clients, and waits for a limited time until the server has let go of them. */
void close_clients(Load* load);

/* --- the modes: each prints one JSON object ------------------------------------------------------
 */

void run_closed_loop(Load* load); /* closed_loop.c: `in_flight` messages under way on each client */
void run_flood(Load* load);   /* closed_loop.c: the same with and without one client that floods */
void run_connect(Load* load); /* connecting.c: connect and close again and again */
void run_crowd(Load* load);   /* connecting.c: hold many clients, one message each */
void run_broadcast(Load* load); /* listening.c: one client sends, all others receive */
void run_stream(Load* load);    /* listening.c: the server sends on its own */

#endif
