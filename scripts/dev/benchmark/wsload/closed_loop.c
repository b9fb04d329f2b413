/* Closed loops: each answer is followed by the next message. */

#include "load.h"

#include <limits.h>
#include <stdio.h>

static const double STALL_TIMEOUT = 10;

/* Answers every message with the next one until `end`; returns how many arrived. Those of a client
 * that floods do not count. */
static long turn(Load* load, double end, const Client* flooder, Durations* durations) {
  long messages = 0;
  double last = now();
  for (double left; (left = time_left(end, messages, load->options->clients)) > 0;) {
    int ready = wait_for_events(load, left);
    double at = now();
    if (at - last > STALL_TIMEOUT) fail("no client got an answer for %.0f s", STALL_TIMEOUT);
    for (int i = 0; i < ready; i++) {
      Client* client = event_client(i);
      int answers = handle(load, i);
      if (!answers || client == flooder) continue;
      for (int n = 0; n < answers; n++) durations_add(durations, take_answer(load, client, at));
      send_messages(load, client, answers);
      messages += answers;
      last = at;
    }
  }
  return messages;
}

static void fill(Load* load, int clients) {
  for (int i = 0; i < clients; i++)
    send_messages(load, &load->clients[i], load->options->in_flight);
}

void run_closed_loop(Load* load) {
  Durations durations = {0};
  const Options* options = load->options;
  double connect = open_clients(load, options->clients);
  fill(load, options->clients);
  turn(load, now() + options->warm_up, NULL, &durations);
  durations.count = 0;
  Span span = span_begin(options->pid);
  long messages = turn(load, span.begin + options->seconds, NULL, &durations);
  span_print(&span, messages);
  printf(", \"p50_ms\": %.4f, \"p99_ms\": %.4f, \"connect_seconds\": %.4f}\n",
         percentile(&durations, 0.5) * 1e3, percentile(&durations, 0.99) * 1e3, connect);
}

void run_flood(Load* load) {
  Durations quiet = {0}, flooded = {0};
  const Options* options = load->options;
  open_clients(load, options->clients + 1);
  Client* flooder = &load->clients[options->clients];
  fill(load, options->clients);
  turn(load, now() + options->warm_up, NULL, &quiet);
  quiet.count = 0;
  if (!turn(load, now() + options->seconds, NULL, &quiet)) fail("no client got an answer");
  flooder->to_send = LONG_MAX;
  client_flush(load, flooder);
  turn(load, now() + options->warm_up, flooder, &flooded);
  flooded.count = 0;
  Span span = span_begin(options->pid);
  long messages = turn(load, span.begin + options->seconds, flooder, &flooded);
  double alone = percentile(&quiet, 0.99) * 1e3, beside = percentile(&flooded, 0.99) * 1e3;
  span_print(&span, messages);
  printf(", \"quiet_p99_ms\": %.4f, \"p99_ms\": %.4f, \"growth\": %.4f}\n", alone, beside,
         beside / alone);
}
