/* A load of constant rate: requests are due at fixed times, whether or not the answers keep up, and each latency counts from
 * when its request was due. A closed loop such as wrk's waits for a slow answer and so never sees those that it delays.
 *
 *     openload PORT CONNECTIONS RATE SECONDS    prints one JSON object, latencies in microseconds
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kBatch = 256, kBufferSize = 16 * 1024 };

static const char kRequest[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
/* Both ends of the body are the ends of the answer: what comes behind it can only be the next one. */
static const char kBodyEnd[] = "Hello, World!";

struct Connection {
  int fd;
  /* When the request in flight was due. */
  uint64_t due;
};

static void Fail(const char* what) {
  perror(what);
  exit(1);
}

static uint64_t Now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int Connect(int port) {
  const int on = 1;
  const struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (const struct sockaddr*)&address, sizeof address) != 0) Fail("connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

/* Whether the answer is whole. It is small: it comes in one read, and in two only by chance. */
static int ReadAnswer(int fd) {
  static char buffer[kBufferSize];
  const ssize_t size = read(fd, buffer, sizeof buffer);
  if (size < 0 && errno == EAGAIN) return 0;
  if (size <= 0) Fail("the server closed a connection");
  const size_t length = sizeof kBodyEnd - 1;
  return (size_t)size >= length && memcmp(buffer + size - length, kBodyEnd, length) == 0;
}

static int Compare(const void* one, const void* other) {
  const uint64_t a = *(const uint64_t*)one, b = *(const uint64_t*)other;
  return (a > b) - (a < b);
}

static double Percentile(const uint64_t* sorted, size_t count, double share) {
  return count == 0 ? 0 : (double)sorted[(size_t)((double)(count - 1) * share)] / 1000;
}

int main(int argc, char** argv) {
  if (argc != 5) return fprintf(stderr, "openload PORT CONNECTIONS RATE SECONDS\n"), 2;
  const int port = atoi(argv[1]), connections = atoi(argv[2]);
  const double rate = atof(argv[3]), seconds = atof(argv[4]);
  const size_t total = (size_t)(rate * seconds);
  struct Connection* all = calloc((size_t)connections, sizeof *all);
  int* idle = calloc((size_t)connections, sizeof *idle);
  uint64_t* latencies = calloc(total + 1, sizeof *latencies);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (all == NULL || idle == NULL || latencies == NULL || epoll < 0) Fail("openload");

  for (int i = 0; i < connections; i++) {
    all[i].fd = Connect(port);
    idle[i] = i;
    struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = (uint32_t)i}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].fd, &event);
  }

  int free_count = connections;
  size_t sent = 0, answered = 0;
  const uint64_t start = Now();
  const double interval = 1e9 / rate;
  /* Twice the time at most: a server that cannot keep up is told by the rate that it reached. */
  const uint64_t last = start + (uint64_t)(seconds * 2e9);
  uint64_t now = start;
  while (answered < total && now < last) {
    while (sent < total && free_count > 0) {
      const uint64_t due = start + (uint64_t)((double)sent * interval);
      if (due > now) break;
      struct Connection* connection = &all[idle[--free_count]];
      connection->due = due;
      if (write(connection->fd, kRequest, sizeof kRequest - 1) < 0) Fail("write");
      sent++;
    }
    struct epoll_event events[kBatch];
    /* It has a core of its own: to sleep would make the due times inexact. */
    const int count = epoll_wait(epoll, events, kBatch, 0);
    now = Now();
    for (int i = 0; i < count; i++) {
      struct Connection* connection = &all[events[i].data.u32];
      if (!ReadAnswer(connection->fd)) continue;
      latencies[answered++] = now - connection->due;
      idle[free_count++] = (int)events[i].data.u32;
    }
  }

  qsort(latencies, answered, sizeof *latencies, Compare);
  printf("{\"rate\":%.0f,\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f}\n", (double)answered / ((double)(now - start) / 1e9),
         Percentile(latencies, answered, 0.5), Percentile(latencies, answered, 0.99),
         Percentile(latencies, answered, 0.999));
  return 0;
}
