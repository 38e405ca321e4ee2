// What each multiplexer tells, and when it tells it again.
#include "loop/poller.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "check.h"
#include "base/unique_fd.h"

namespace picoev {
namespace {

struct Kind {
  Multiplexer multiplexer;
  const char* name;
  bool edge;
  /// Whether a hang-up can be told from bytes to read.
  bool tells_hang_ups = true;
};
#ifdef __linux__
constexpr bool kHasEpoll = true;
#else
constexpr bool kHasEpoll = false;
#endif
constexpr Kind kKinds[] = {{Multiplexer::kEpollEdge, "epoll, edge", kHasEpoll},
                           {Multiplexer::kEpollLevel, "epoll, level", false},
                           {Multiplexer::kPoll, "poll", false},
                           {Multiplexer::kSelect, "select", false, false}};

struct Pair {
  UniqueFd ours;
  UniqueFd theirs;
};

Pair MakePair() {
  int ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  for (const int end : ends) CHECK(fcntl(end, F_SETFL, O_NONBLOCK) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void Send(const UniqueFd& fd, const std::string& bytes) {
  CHECK_EQUAL(write(fd.Get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
}

void Receive(const UniqueFd& fd, size_t size) {
  std::string bytes(size, '\0');
  CHECK_EQUAL(read(fd.Get(), bytes.data(), size), static_cast<ssize_t>(size));
}

std::vector<Ready> Wait(Poller& poller, size_t room = 16) {
  std::vector<Ready> ready(room);
  ready.resize(poller.Wait(ready, 0));
  return ready;
}

/// What is told of the only descriptor that is watched; 0 for nothing.
int Told(Poller& poller) {
  const std::vector<Ready> ready = Wait(poller);
  CHECK(ready.size() <= 1);
  return ready.empty() ? 0 : ready.front().interest;
}

template <typename Body>
void ForEachKind(Body body) {
  for (const Kind& kind : kKinds) {
    const std::unique_ptr<Poller> poller = Poller::Create(kind.multiplexer);
    CHECK(poller != nullptr);
    if (poller != nullptr) body(kind, *poller);
  }
}

TEST("a descriptor is told when there is something to read, and not before") {
  ForEachKind([](const Kind& kind, Poller& poller) {
    const Pair pair = MakePair();
    CHECK(poller.Watch(pair.ours.Get(), kReadable));
    CHECK_EQUAL(Told(poller), 0, kind.name);
    Send(pair.theirs, "x");
    const std::vector<Ready> ready = Wait(poller);
    CHECK_EQUAL(ready.size(), 1u, kind.name);
    if (ready.size() == 1) {
      CHECK_EQUAL(ready[0].fd, pair.ours.Get(), kind.name);
      CHECK_EQUAL(ready[0].interest, kReadable, kind.name);
      CHECK(!ready[0].hung_up);
    }
  });
}

TEST("a read left half done is told again under level-triggering, and not under edge-triggering") {
  ForEachKind([](const Kind& kind, Poller& poller) {
    const Pair pair = MakePair();
    CHECK(poller.Watch(pair.ours.Get(), kReadable));
    Send(pair.theirs, "four");
    CHECK_EQUAL(Told(poller), kReadable, kind.name);
    Receive(pair.ours, 2);
    CHECK_EQUAL(Told(poller), kind.edge ? 0 : kReadable, kind.name);
    Send(pair.theirs, "more");
    CHECK_EQUAL(Told(poller), kReadable, kind.name);
    Receive(pair.ours, 6);
    CHECK_EQUAL(Told(poller), 0, kind.name);
  });
}

TEST("watching anew tells what is ready already, under edge-triggering too") {
  ForEachKind([](const Kind& kind, Poller& poller) {
    const Pair pair = MakePair();
    Send(pair.theirs, "x");
    for (int i = 0; i < 2; ++i) {
      CHECK(poller.Watch(pair.ours.Get(), kReadable));
      CHECK_EQUAL(Told(poller), kReadable, kind.name);
    }
    CHECK(poller.Watch(pair.ours.Get(), kWritable));
    CHECK_EQUAL(Told(poller), kWritable, kind.name);
    CHECK(poller.Watch(pair.ours.Get(), kReadable | kWritable));
    CHECK_EQUAL(Told(poller), kReadable | kWritable, kind.name);
  });
}

TEST("a socket that was full is told when it can be written again") {
  ForEachKind([](const Kind& kind, Poller& poller) {
    const Pair pair = MakePair();
    const std::string block(65536, 'x');
    while (write(pair.ours.Get(), block.data(), block.size()) > 0) {
    }
    CHECK(poller.Watch(pair.ours.Get(), kWritable));
    CHECK_EQUAL(Told(poller), 0, kind.name);
    std::string bytes(block.size(), '\0');
    while (read(pair.theirs.Get(), bytes.data(), bytes.size()) > 0) {
    }
    CHECK_EQUAL(Told(poller), kWritable, kind.name);
  });
}

TEST("a descriptor that is not watched any more is not told") {
  ForEachKind([](const Kind& kind, Poller& poller) {
    const Pair first = MakePair();
    const Pair second = MakePair();
    CHECK(poller.Watch(first.ours.Get(), kReadable));
    CHECK(poller.Watch(second.ours.Get(), kReadable));
    Send(first.theirs, "x");
    Send(second.theirs, "x");
    CHECK(poller.Watch(first.ours.Get(), 0));
    CHECK(poller.Watch(first.ours.Get(), 0));
    const std::vector<Ready> ready = Wait(poller);
    CHECK_EQUAL(ready.size(), 1u, kind.name);
    if (!ready.empty()) CHECK_EQUAL(ready[0].fd, second.ours.Get(), kind.name);
    CHECK(poller.Watch(second.ours.Get(), 0));
    CHECK_EQUAL(Told(poller), 0, kind.name);
  });
}

TEST("a peer that is gone makes a descriptor readable and writable") {
  ForEachKind([](const Kind& kind, Poller& poller) {
    Pair pair = MakePair();
    CHECK(poller.Watch(pair.ours.Get(), kReadable | kWritable));
    Told(poller);
    pair.theirs = UniqueFd();
    const std::vector<Ready> ready = Wait(poller);
    CHECK_EQUAL(ready.size(), 1u, kind.name);
    if (ready.empty()) return;
    CHECK_EQUAL(ready[0].interest, kReadable | kWritable, kind.name);
    CHECK_EQUAL(ready[0].hung_up, kind.tells_hang_ups, kind.name);
  });
}

TEST("a hang-up is told of a descriptor that is watched for nothing else") {
  ForEachKind([](const Kind& kind, Poller& poller) {
    Pair pair = MakePair();
    CHECK(poller.Watch(pair.ours.Get(), kReadable));
    CHECK(poller.Watch(pair.ours.Get(), kHangUp));
    Send(pair.theirs, "x");
    CHECK_EQUAL(Told(poller), 0, kind.name);
    pair.theirs = UniqueFd();
    const std::vector<Ready> ready = Wait(poller);
    CHECK_EQUAL(ready.size(), 1u, kind.name);
    CHECK(ready.empty() || ready[0].hung_up);
  });
}

TEST("the end of a peer is told behind bytes that nobody reads, to who has asked for it alone") {
  ForEachKind([](const Kind& kind, Poller& poller) {
    const Pair pair = MakePair();
    CHECK(poller.Watch(pair.ours.Get(), kHangUp | kEnd));
    Send(pair.theirs, "unread");
    CHECK_EQUAL(Told(poller), 0, kind.name);
    CHECK(shutdown(pair.theirs.Get(), SHUT_WR) == 0);
    std::vector<pollfd> watched;
    poller.Snapshot(watched);
    if (!watched.empty()) CHECK_EQUAL(poll(watched.data(), 1, 0), 1, kind.name);
    const std::vector<Ready> ready = Wait(poller);
    CHECK_EQUAL(ready.size(), 1u, kind.name);
    CHECK(!ready.empty() && ready[0].ended && !ready[0].hung_up);
    CHECK(poller.Watch(pair.ours.Get(), kHangUp));
    CHECK_EQUAL(Told(poller), 0, kind.name);
    CHECK(poller.Watch(pair.ours.Get(), 0));
    CHECK_EQUAL(Told(poller), 0, kind.name);
  });
}

TEST("a peer that has ended its side makes a descriptor readable, and epoll says that it has ended") {
  ForEachKind([](const Kind& kind, Poller& poller) {
    const Pair pair = MakePair();
    CHECK(poller.Watch(pair.ours.Get(), kReadable));
    Send(pair.theirs, "last words");
    CHECK(shutdown(pair.theirs.Get(), SHUT_WR) == 0);
    const std::vector<Ready> ready = Wait(poller);
    CHECK_EQUAL(ready.size(), 1u, kind.name);
    if (ready.empty()) return;
    CHECK_EQUAL(ready[0].interest, kReadable, kind.name);
    CHECK(!ready[0].hung_up);
    CHECK_EQUAL(ready[0].ended, poller.Descriptor() >= 0, kind.name);
  });
}

TEST("what does not fit into one call is told by the next ones, and all have their turn") {
  ForEachKind([](const Kind& kind, Poller& poller) {
    std::vector<Pair> pairs;
    for (int i = 0; i < 10; ++i) {
      pairs.push_back(MakePair());
      CHECK(poller.Watch(pairs.back().ours.Get(), kReadable));
      Send(pairs.back().theirs, "x");
    }
    std::vector<int> told;
    for (int i = 0; i < 5; ++i) {
      for (const Ready& ready : Wait(poller, 2)) told.push_back(ready.fd);
    }
    for (const Pair& pair : pairs) {
      CHECK_EQUAL(std::count(told.begin(), told.end(), pair.ours.Get()), 1, kind.name);
    }
  });
}

/// As many descriptors as the test needs, if the user may have them.
void AllowDescriptors(rlim_t count) {
  rlimit limit{};
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, count));
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

TEST("a descriptor beyond FD_SETSIZE is an error under select alone") {
  AllowDescriptors(FD_SETSIZE + 64);
  ForEachKind([](const Kind& kind, Poller& poller) {
    const Pair pair = MakePair();
    const UniqueFd high(fcntl(pair.ours.Get(), F_DUPFD, FD_SETSIZE));
    CHECK(high.IsValid());
    errno = 0;
    const bool watched = poller.Watch(high.Get(), kReadable);
    CHECK_EQUAL(watched, kind.multiplexer != Multiplexer::kSelect, kind.name);
    if (!watched) CHECK_EQUAL(errno, EMFILE);
    Send(pair.theirs, "x");
    CHECK_EQUAL(Told(poller), watched ? kReadable : 0, kind.name);
    CHECK(poller.Watch(high.Get(), 0));
  });
}

TEST("a failed call leaves the descriptor unwatched") {
  if (!kHasEpoll) return;
  const auto poller = Poller::Create(Multiplexer::kEpollEdge);
  const UniqueFd regular(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  CHECK(!poller->Watch(regular.Get(), kReadable));
  CHECK_EQUAL(errno, EPERM);
  CHECK(poller->Watch(regular.Get(), 0));
}

TEST("a multiplexer has a descriptor that is readable when it has something, or a snapshot of what it watches") {
  ForEachKind([](const Kind& kind, Poller& poller) {
    const Pair pair = MakePair();
    CHECK(poller.Watch(pair.ours.Get(), kReadable | kWritable));
    CHECK(poller.Watch(pair.theirs.Get(), kReadable));
    std::vector<pollfd> watched(3);
    poller.Snapshot(watched);
    if (poller.Descriptor() >= 0) {
      CHECK_EQUAL(watched.size(), 0u, kind.name);
      pollfd descriptor{poller.Descriptor(), POLLIN, 0};
      CHECK_EQUAL(poll(&descriptor, 1, 0), 1, kind.name);
      return;
    }
    CHECK_EQUAL(watched.size(), 2u, kind.name);
    CHECK_EQUAL(watched[0].fd, pair.ours.Get(), kind.name);
    CHECK_EQUAL(watched[0].events, POLLIN | POLLOUT, kind.name);
    CHECK_EQUAL(watched[1].events, POLLIN, kind.name);
  });
}

}  // namespace
}  // namespace picoev
