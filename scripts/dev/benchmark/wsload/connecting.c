/* Connecting: as often as can be, and as many as can be. */

#include "load.h"

#include <stdio.h>

static const double ANSWER_TIMEOUT = 60;

/* Connects, waits for the welcome, closes and begins again until `end`; returns the finished
 * connections. */
static long churn(Load* load, double end) {
  long finished = 0;
  for (double left; (left = time_left(end, finished, 1)) > 0;) {
    int ready = wait_for_events(load, left);
    for (int i = 0; i < ready; i++) {
      Client* client = event_client(i);
      handle(load, i);
      if (client->state == OPEN) begin_closing(load, client);
      if (client->state != GONE) continue;
      finished++;
      client_restart(load, client);
    }
  }
  return finished;
}

void run_connect(Load* load) {
  const Options* options = load->options;
  for (int i = 0; i < options->window; i++) client_begin(load);
  churn(load, now() + options->warm_up);
  Span span = span_begin(options->pid);
  long finished = churn(load, span.begin + options->seconds);
  span_print(&span, finished);
  printf("}\n");
}

/* Sends one message on each client; returns the seconds until the last answer. */
static double ask_each(Load* load) {
  double begin = now();
  for (int i = 0; i < load->count; i++) send_messages(load, &load->clients[i], 1);
  for (int left = load->count; left > 0;) {
    double rest = begin + ANSWER_TIMEOUT - now();
    int ready = rest > 0 ? wait_for_events(load, rest) : 0;
    if (!ready)
      fail("%d of %d clients got no answer within %.0f s", left, load->count, ANSWER_TIMEOUT);
    for (int i = 0; i < ready; i++) left -= handle(load, i);
  }
  return now() - begin;
}

void run_crowd(Load* load) {
  const Options* options = load->options;
  long before = memory_of(options->pid);
  Span span = span_begin(options->pid);
  double connect = open_clients(load, options->clients);
  double cpu = cpu_of(options->pid) - span.server_cpu;
  double answer = ask_each(load);
  long memory = memory_of(options->pid);
  printf("{\"clients\": %d, \"connect_seconds\": %.4f, \"answer_seconds\": %.4f, ",
         options->clients, connect, answer);
  printf("\"cpu_us\": %.3f, \"memory_bytes\": %ld, \"client_bytes\": %.1f, \"threads\": %ld}\n",
         cpu / options->clients * 1e6, memory, (double)(memory - before) / options->clients,
         threads_of(options->pid));
}
