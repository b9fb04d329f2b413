/* The load generator of the benchmark: `wsload MODE --port P --pid P --message-file F …`.
 *
 * MODE is closed-loop, flood, connect, crowd, broadcast or stream. Prints one JSON object. */

#include "load.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_MESSAGE_BYTES = 16 << 20 };

static const struct {
  const char* name;
  void (*run)(Load*);
  int beside; /* clients beside those of the command line */
} MODES[] = {
    {"closed-loop", run_closed_loop, 0}, {"flood", run_flood, 1},
    {"connect", run_connect, 0},         {"crowd", run_crowd, 0},
    {"broadcast", run_broadcast, 1},     {"stream", run_stream, 0},
};

enum {
  PORT = 256,
  PATH,
  CLIENTS,
  IN_FLIGHT,
  SKIP,
  WINDOW,
  PID,
  WARM_UP,
  SECONDS,
  PERIOD,
  DEFLATE,
  EXPECT,
  HEADER,
  MESSAGE
};

static const struct option NAMES[] = {
    {"port", required_argument, 0, PORT},
    {"path", required_argument, 0, PATH},
    {"clients", required_argument, 0, CLIENTS},
    {"in-flight", required_argument, 0, IN_FLIGHT},
    {"skip", required_argument, 0, SKIP},
    {"window", required_argument, 0, WINDOW},
    {"pid", required_argument, 0, PID},
    {"warm-up", required_argument, 0, WARM_UP},
    {"seconds", required_argument, 0, SECONDS},
    {"period", required_argument, 0, PERIOD},
    {"deflate", no_argument, 0, DEFLATE},
    {"expect", required_argument, 0, EXPECT},
    {"header", required_argument, 0, HEADER},
    {"message-file", required_argument, 0, MESSAGE},
    {0, 0, 0, 0},
};

static void set_option(Options* options, int option, const char* value) {
  switch (option) {
    case PORT: options->port = atoi(value); break;
    case PATH: options->path = value; break;
    case CLIENTS: options->clients = atoi(value); break;
    case IN_FLIGHT: options->in_flight = atoi(value); break;
    case SKIP: options->skip = atoi(value); break;
    case WINDOW: options->window = atoi(value); break;
    case PID: options->pid = atoi(value); break;
    case WARM_UP: options->warm_up = atof(value); break;
    case SECONDS: options->seconds = atof(value); break;
    case PERIOD: options->period = atof(value); break;
    case DEFLATE: options->deflate = true; break;
    case EXPECT: options->expect = value; break;
    case HEADER: options->header = value; break;
    default: fail("usage: wsload MODE --port P --pid P [options]; main.c has them");
  }
}

static Frames read_message(const char* path, bool compressed) {
  if (!path) return make_frames((const unsigned char*)"", 0, false);
  FILE* file = fopen(path, "rb");
  if (!file) fail("the message %s cannot be read", path);
  unsigned char* payload = allocate(MOST_MESSAGE_BYTES, 1);
  size_t length = fread(payload, 1, MOST_MESSAGE_BYTES, file);
  fclose(file);
  Frames frames = make_frames(payload, length, compressed);
  free(payload);
  return frames;
}

int main(int argc, char** argv) {
  Options options = {.path = "/",
                     .clients = 1,
                     .in_flight = 1,
                     .window = 64,
                     .warm_up = 0.4,
                     .seconds = 1,
                     .period = 1};
  const char* message = NULL;
  for (int option; (option = getopt_long(argc, argv, "", NAMES, NULL)) != -1;) {
    if (option == MESSAGE)
      message = optarg;
    else
      set_option(&options, option, optarg);
  }
  const char* mode = optind < argc ? argv[optind] : "";
  if (!options.port || !options.pid || options.clients < 1 || options.in_flight < 1 ||
      options.window < 1)
    fail("--port, --pid, --clients, --in-flight and --window must be positive");
  for (size_t i = 0; i < sizeof MODES / sizeof MODES[0]; i++) {
    if (strcmp(MODES[i].name, mode) != 0) continue;
    int most = options.clients + MODES[i].beside;
    Load load = make_load(&options, read_message(message, options.deflate),
                          most > options.window ? most : options.window);
    MODES[i].run(&load);
    close_clients(&load);
    return 0;
  }
  fail("the mode %s is unknown", mode);
}
