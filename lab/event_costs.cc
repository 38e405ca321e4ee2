// What an event costs under each multiplexer: TCP connections of which some have a byte to read; the kernel's own
// poller finds them, and each is read once. Prints a line of JSON for each measurement.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <utility>

#include "measure.h"
#include "loop/poller.h"
#include "random.h"
#include "base/unique_fd.h"

namespace picoev::lab {
namespace {

struct Kind {
  Multiplexer multiplexer;
  const char* name;
};
constexpr Kind kKinds[] = {{Multiplexer::kSelect, "select"},
                           {Multiplexer::kPoll, "poll"},
                           {Multiplexer::kEpollLevel, "epoll-level"},
                           {Multiplexer::kEpollEdge, "epoll-edge"}};
constexpr uint32_t kConnections[] = {16, 256, 1000, 8000};
/// Nanoseconds for each measurement.
constexpr double kBudget = 0.5e9;
constexpr size_t kLeastRounds = 9;

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "event_costs: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

struct Connection {
  UniqueFd server;
  UniqueFd client;
};

/// The clients' descriptors are moved above all that the server has, whose own are then as low as they would be in a
/// process of its own: that is what select depends on.
std::vector<Connection> Connect(uint32_t count) {
  std::vector<Connection> connections;
  for (uint32_t i = 0; i < count; ++i) {
    int ends[2];
    Require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
    const UniqueFd low(ends[1]);
    Connection connection{UniqueFd(ends[0]), UniqueFd(fcntl(low.Get(), F_DUPFD, static_cast<int>(count) + 64))};
    Require(connection.client.IsValid(), "F_DUPFD");
    connections.push_back(std::move(connection));
  }
  return connections;
}

/// Watches them all; the number of those that could be.
uint32_t WatchAll(Poller& poller, const std::vector<Connection>& connections) {
  uint32_t watched = 0;
  for (const Connection& connection : connections) {
    if (!poller.Watch(connection.server.Get(), kReadable)) break;
    ++watched;
  }
  return watched;
}

/// Sends a byte on so many connections, chosen anew each time.
void Activate(std::vector<uint32_t>& order, uint32_t active, const std::vector<Connection>& connections,
              test::Random& random) {
  for (uint32_t i = 0; i < active; ++i) {
    std::swap(order[i], order[i + random.Below(static_cast<uint32_t>(order.size()) - i)]);
    Require(write(connections[order[i]].client.Get(), "x", 1) == 1, "write");
  }
}

struct Cost {
  double waiting;
  double total;
};

/// Nanoseconds for an event, with and without reading it.
Cost HandleAll(Poller& poller, uint32_t active, std::vector<Ready>& ready) {
  double waiting = 0;
  uint32_t handled = 0;
  const double begin = Now();
  for (double asked = begin; handled < active;) {
    const uint32_t found = poller.Wait(ready, 0);
    waiting += Now() - asked;
    for (uint32_t i = 0; i < found; ++i) {
      char bytes[64];
      Require(read(ready[i].fd, bytes, sizeof bytes) == 1, "read");
    }
    handled += found;
    asked = Now();
  }
  return {waiting / active, (Now() - begin) / active};
}

void Measure(const Kind& kind, const std::vector<Connection>& connections, uint32_t active, const char* activity) {
  const std::unique_ptr<Poller> poller = Poller::Create(kind.multiplexer);
  Require(poller != nullptr, "no poller");
  const uint32_t watched = WatchAll(*poller, connections);
  if (watched < connections.size()) {
    std::printf("{\"kind\":\"%s\",\"connections\":%zu,\"activity\":\"%s\",\"endedAt\":%u}\n", kind.name,
                connections.size(), activity, watched);
    return;
  }
  test::Random random(connections.size());
  std::vector<uint32_t> order(connections.size());
  std::iota(order.begin(), order.end(), 0);
  // Room for all: poll and select go through the whole set for each call, however little they may answer.
  std::vector<Ready> ready(connections.size());
  std::vector<double> waiting;
  std::vector<double> total;
  for (const double begin = Now(); Now() - begin < kBudget || total.size() < kLeastRounds;) {
    Activate(order, active, connections, random);
    const Cost cost = HandleAll(*poller, active, ready);
    waiting.push_back(cost.waiting);
    total.push_back(cost.total);
  }
  std::printf("{\"kind\":\"%s\",\"connections\":%zu,\"activity\":\"%s\",\"waiting\":%.1f,\"total\":%.1f}\n", kind.name,
              connections.size(), activity, Median(waiting), Median(total));
}

/// As many descriptors as the user may have.
void AllowDescriptors() {
  rlimit limit{};
  Require(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  Require(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}

void MeasureAll() {
  AllowDescriptors();
  for (const uint32_t count : kConnections) {
    const std::vector<Connection> connections = Connect(count);
    for (const Kind& kind : kKinds) {
      Measure(kind, connections, std::max(count / 100, 1u), "few");
      Measure(kind, connections, count, "all");
    }
  }
}

}  // namespace
}  // namespace picoev::lab

int main() { picoev::lab::MeasureAll(); }
