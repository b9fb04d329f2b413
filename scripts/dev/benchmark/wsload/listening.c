/* Clients that only receive: broadcasts of one client, and streams of the server. */

#include "load.h"

#include <math.h>
#include <stdio.h>

static const double STALL_TIMEOUT = 10;

/* Client 0 has `in_flight` messages under way: it sends the next one when all others have one of
 * them. */
static long shout(Load* load, double end, long* sent, long* delivered) {
  long listeners = load->count - 1, before = *delivered;
  double last = now();
  for (double left; (left = time_left(end, *delivered - before, listeners)) > 0;) {
    while (*sent - *delivered / listeners < load->options->in_flight) {
      load->clients[0].to_send++;
      (*sent)++;
    }
    client_flush(load, &load->clients[0]);
    int ready = wait_for_events(load, left);
    if (ready) last = now();
    if (now() - last > STALL_TIMEOUT) fail("no broadcast arrived for %.0f s", STALL_TIMEOUT);
    for (int i = 0; i < ready; i++) {
      int messages = handle(load, i);
      /* What the sender gets, such as a receipt, does not count. */
      if (event_client(i) != &load->clients[0]) *delivered += messages;
    }
  }
  return *delivered - before;
}

void run_broadcast(Load* load) {
  const Options* options = load->options;
  long sent = 0, delivered = 0;
  open_clients(load, options->clients + 1);
  shout(load, now() + options->warm_up, &sent, &delivered);
  Span span = span_begin(options->pid);
  long messages = shout(load, span.begin + options->seconds, &sent, &delivered);
  span_print(&span, messages);
  printf("}\n");
}

/* When the messages of one client arrived. */
typedef struct {
  double* at;
  int count, most;
} Arrivals;

static long listen_until(Load* load, double end, Arrivals* arrivals) {
  long messages = 0;
  for (double left; (left = time_left(end, messages, load->options->clients)) > 0;) {
    int ready = wait_for_events(load, left);
    double at = now();
    for (int i = 0; i < ready; i++) {
      int count = handle(load, i);
      messages += count;
      if (!arrivals) continue;
      Arrivals* own = &arrivals[event_client(i) - load->clients];
      while (count-- > 0 && own->count < own->most) own->at[own->count++] = at;
    }
  }
  return messages;
}

/* Message k of a stream is due at a phase + k periods. The phase is that of the message that was
 * least late, so a stream that is late as a whole from its first message on is not seen; one that
 * slows down is. */
static void judge_arrivals(const Arrivals* own, double period, Durations* lateness,
                           Durations* gaps) {
  double phase = INFINITY;
  for (int k = 0; k < own->count; k++) phase = fmin(phase, own->at[k] - k * period);
  for (int k = 0; k < own->count; k++) durations_add(lateness, own->at[k] - k * period - phase);
  for (int k = 1; k < own->count; k++)
    durations_add(gaps, fabs(own->at[k] - own->at[k - 1] - period));
}

void run_stream(Load* load) {
  const Options* options = load->options;
  Durations lateness = {0}, gaps = {0};
  Arrivals* arrivals = allocate((size_t)options->clients, sizeof(Arrivals));
  int most = (int)(options->seconds / options->period) * 2 + 2;
  for (int i = 0; i < options->clients; i++)
    arrivals[i] = (Arrivals){.at = allocate((size_t)most, sizeof(double)), .most = most};
  open_clients(load, options->clients);
  listen_until(load, now() + options->warm_up, NULL);
  Span span = span_begin(options->pid);
  long messages = listen_until(load, span.begin + options->seconds, arrivals);
  span_print(&span, messages);
  for (int i = 0; i < options->clients; i++)
    judge_arrivals(&arrivals[i], options->period, &lateness, &gaps);
  printf(", \"lateness_p50_ms\": %.4f, \"lateness_p99_ms\": %.4f", percentile(&lateness, 0.5) * 1e3,
         percentile(&lateness, 0.99) * 1e3);
  printf(", \"gap_p50_ms\": %.4f, \"gap_p99_ms\": %.4f, \"steadiness\": %.4f}\n",
         percentile(&gaps, 0.5) * 1e3, percentile(&gaps, 0.99) * 1e3,
         (double)messages * options->period / options->clients / options->seconds);
}
