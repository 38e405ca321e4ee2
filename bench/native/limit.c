/* The limit: what an HTTP answer costs on this machine when nothing is parsed. One thread, level-triggered epoll; each read
 * is answered with the same bytes, whatever it was.
 *
 *     limit PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* The same head as the other contenders send, a date included, so that the kernel carries as many bytes. */
static const char kAnswer[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/plain\r\n"
    "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
    "Connection: keep-alive\r\n"
    "Content-Length: 13\r\n"
    "\r\n"
    "Hello, World!";

enum { kBatch = 256, kBufferSize = 64 * 1024 };

static void Fail(const char* what) {
  perror(what);
  exit(1);
}

static int Listen(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  const struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) Fail("socket");
  if (bind(fd, (const struct sockaddr*)&address, sizeof address) != 0) Fail("bind");
  if (listen(fd, 2048) != 0) Fail("listen");
  return fd;
}

static void Watch(int epoll, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) Fail("epoll_ctl");
}

static void AcceptAll(int epoll, int listener) {
  const int on = 1;
  for (;;) {
    const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Watch(epoll, fd);
  }
}

static void Answer(int fd) {
  static char buffer[kBufferSize];
  const ssize_t size = read(fd, buffer, sizeof buffer);
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0 || write(fd, kAnswer, sizeof kAnswer - 1) < 0) close(fd);
}

int main(int argc, char** argv) {
  const int listener = Listen(argc > 1 ? atoi(argv[1]) : 8000);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) Fail("epoll_create1");
  Watch(epoll, listener);
  for (;;) {
    struct epoll_event events[kBatch];
    const int count = epoll_wait(epoll, events, kBatch, -1);
    for (int i = 0; i < count; i++) {
      if (events[i].data.fd == listener) AcceptAll(epoll, listener);
      else Answer(events[i].data.fd);
    }
  }
}
