// What each multiplexer says while a message is read in two halves. Prints a line of JSON for each.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "loop/poller.h"
#include "base/unique_fd.h"

namespace picoev::lab {
namespace {

void Require(bool holds, const char* what) {
  if (holds) return;
  std::perror(what);
  std::exit(1);
}

const char* Told(Poller& poller) {
  std::vector<Ready> ready(4);
  return poller.Wait(ready, 0) > 0 ? "true" : "false";
}

void Read(int fd, size_t size) {
  char bytes[16];
  Require(read(fd, bytes, size) == static_cast<ssize_t>(size), "read");
}

void Show(Multiplexer multiplexer, const char* name) {
  int ends[2];
  Require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
  const UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  const std::unique_ptr<Poller> poller = Poller::Create(multiplexer);
  Require(poller != nullptr && poller->Watch(ours.Get(), kReadable), "watch");
  const auto send = [&] { Require(write(theirs.Get(), "12345678", 8) == 8, "write"); };

  std::printf("{\"kind\":\"%s\",\"idle\":%s", name, Told(*poller));
  send();
  std::printf(",\"arrived\":%s", Told(*poller));
  Read(ours.Get(), 4);
  std::printf(",\"halfRead\":%s", Told(*poller));
  std::printf(",\"askedAgain\":%s", Told(*poller));
  Require(poller->Watch(ours.Get(), kReadable), "watch");
  std::printf(",\"watchedAgain\":%s", Told(*poller));
  send();
  std::printf(",\"moreArrived\":%s", Told(*poller));
  Read(ours.Get(), 12);
  std::printf(",\"allRead\":%s}\n", Told(*poller));
}

}  // namespace
}  // namespace picoev::lab

int main() {
  using picoev::Multiplexer;
  picoev::lab::Show(Multiplexer::kSelect, "select");
  picoev::lab::Show(Multiplexer::kPoll, "poll");
  picoev::lab::Show(Multiplexer::kEpollLevel, "epoll-level");
  picoev::lab::Show(Multiplexer::kEpollEdge, "epoll-edge");
}
