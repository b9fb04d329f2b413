/* Time, errors, what /proc says of the server's process, and percentiles. */

#include "load.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

void fail(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(1);
}

void* allocate(size_t count, size_t size) {
  void* memory = calloc(count, size);
  if (!memory) fail("out of memory");
  return memory;
}

double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double own_cpu(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double time_left(double end, long messages, long clients) {
  static const double longest = 10, step = 0.1;
  double left = end - now();
  return left > 0 ? left : messages < clients && left > -longest ? step : 0;
}

static size_t read_proc(int pid, const char* name, char* text, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  FILE* file = fopen(path, "r");
  if (!file) fail("the process %d of the server has ended", pid);
  size_t length = fread(text, 1, size - 1, file);
  fclose(file);
  text[length] = 0;
  return length;
}

double cpu_of(int pid) {
  char text[1024];
  unsigned long user = 0, system = 0;
  read_proc(pid, "stat", text, sizeof text);
  /* The name of the program is in brackets and may have blanks; utime and stime are fields 14
   * and 15. */
  char* fields = strrchr(text, ')');
  if (!fields || sscanf(fields + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                        &system) != 2)
    fail("/proc/%d/stat cannot be read", pid);
  return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static long status_of(int pid, const char* name) {
  char text[4096];
  read_proc(pid, "status", text, sizeof text);
  char* field = strstr(text, name);
  if (!field) fail("the process %d of the server has ended", pid);
  return strtol(field + strlen(name), NULL, 10);
}

long memory_of(int pid) { return status_of(pid, "\nVmRSS:") * 1024; }

long threads_of(int pid) { return status_of(pid, "\nThreads:"); }

void durations_add(Durations* durations, double seconds) {
  if (durations->count == durations->capacity) {
    durations->capacity = durations->capacity ? durations->capacity * 2 : 1 << 16;
    durations->values = realloc(durations->values, durations->capacity * sizeof(float));
    if (!durations->values) fail("out of memory");
  }
  durations->values[durations->count++] = (float)seconds;
}

static int compare(const void* left, const void* right) {
  float a = *(const float*)left, b = *(const float*)right;
  return (a > b) - (a < b);
}

double percentile(Durations* durations, double share) {
  if (!durations->count) return 0;
  qsort(durations->values, durations->count, sizeof(float), compare);
  size_t index = (size_t)(share * (double)durations->count);
  return durations->values[index < durations->count ? index : durations->count - 1];
}

Span span_begin(int pid) {
  return (Span){.begin = now(), .server_cpu = cpu_of(pid), .own_cpu = own_cpu(), .pid = pid};
}

void span_print(const Span* span, long messages) {
  double seconds = now() - span->begin;
  double server = cpu_of(span->pid) - span->server_cpu;
  double own = own_cpu() - span->own_cpu;
  if (messages < 1) fail("no message arrived in %.1f s", seconds);
  printf("{\"seconds\": %.4f, \"count\": %ld, \"rate\": %.2f, ", seconds, messages,
         (double)messages / seconds);
  printf("\"cpu_us\": %.3f, \"server_share\": %.4f, \"busy\": %.4f",
         server / (double)messages * 1e6, server / seconds, own / seconds);
}
