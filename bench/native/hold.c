/* Opens connections, has one request answered on each, and holds them until its stdin ends.
 *
 *     hold PORT COUNT    prints "held COUNT" when all have been answered
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char kRequest[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

static void Fail(const char* what) {
  perror(what);
  exit(1);
}

/* A descriptor for each connection, and some to spare. */
static void AllowDescriptors(rlim_t count) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  if (limit.rlim_max < count + 64 || setrlimit(RLIMIT_NOFILE, &limit) != 0) Fail("too few descriptors (ulimit -Hn)");
}

/* One at a time: the answer has come when the blank line and the body behind it are there. */
static void Ask(int fd) {
  char buffer[4096];
  size_t size = 0;
  if (write(fd, kRequest, sizeof kRequest - 1) < 0) Fail("write");
  while (size < sizeof buffer - 1) {
    const ssize_t got = read(fd, buffer + size, sizeof buffer - 1 - size);
    if (got <= 0) Fail("read");
    size += (size_t)got;
    buffer[size] = '\0';
    if (strstr(buffer, "Hello, World!") != NULL) return;
  }
}

int main(int argc, char** argv) {
  const int port = argc > 1 ? atoi(argv[1]) : 8000;
  const int count = argc > 2 ? atoi(argv[2]) : 1;
  const struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  AllowDescriptors((rlim_t)count);
  for (int i = 0; i < count; i++) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr*)&address, sizeof address) != 0) Fail("connect");
    Ask(fd);
  }
  printf("held %d\n", count);
  fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) continue;
  return 0;
}
