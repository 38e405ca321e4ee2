/* Streams one body up or down, as fast as the server takes or gives it.
 *
 *     transfer PORT up|down BYTES    prints MiB per second, the answer included
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kPiece = 256 * 1024, kMebibyte = 1024 * 1024 };

static char piece[kPiece];

static void Fail(const char* what) {
  perror(what);
  exit(1);
}

static double Now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int Connect(int port) {
  const struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (const struct sockaddr*)&address, sizeof address) != 0) Fail("connect");
  return fd;
}

static void WriteAll(int fd, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = write(fd, bytes, size);
    if (written <= 0) Fail("write");
    bytes += written;
    size -= (size_t)written;
  }
}

/* Reads until the server closes, which both requests ask for; whether the answer began with 200. */
static size_t ReadAll(int fd, int* is_good) {
  size_t total = 0;
  for (;;) {
    const ssize_t size = read(fd, piece, sizeof piece);
    if (size < 0) Fail("read");
    if (size == 0) return total;
    if (total == 0) *is_good = strncmp(piece, "HTTP/1.1 200", 12) == 0;
    total += (size_t)size;
  }
}

int main(int argc, char** argv) {
  if (argc != 4) return fprintf(stderr, "transfer PORT up|down BYTES\n"), 2;
  const int is_up = strcmp(argv[2], "up") == 0;
  const size_t bytes = (size_t)atoll(argv[3]);
  char head[256];
  const int length = snprintf(head, sizeof head, "%s / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
                              is_up ? "POST" : "GET", is_up ? bytes : (size_t)0);
  const int fd = Connect(atoi(argv[1]));
  const double start = Now();
  WriteAll(fd, head, (size_t)length);
  for (size_t left = is_up ? bytes : 0; left > 0;) {
    const size_t size = left < sizeof piece ? left : sizeof piece;
    WriteAll(fd, piece, size);
    left -= size;
  }
  int is_good = 0;
  const size_t received = ReadAll(fd, &is_good);
  if (!is_good || (!is_up && received < bytes)) return fprintf(stderr, "the answer was not whole\n"), 1;
  printf("%.1f\n", (double)bytes / kMebibyte / (Now() - start));
  return 0;
}
