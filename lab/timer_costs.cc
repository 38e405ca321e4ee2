// What a timer costs to set, to put off, to clear and to let expire, in the wheel and in the heap, by how many there
// are. Descriptors come in random order, as connections do. Prints a line of JSON for each measurement.
#include <cstdio>
#include <memory>
#include <numeric>
#include <utility>

#include "measure.h"
#include "random.h"
#include "loop/timers.h"

namespace picoev::lab {
namespace {

struct Kind {
  TimerKind kind;
  const char* name;
};
constexpr Kind kKinds[] = {{TimerKind::kHeap, "heap"}, {TimerKind::kWheel, "wheel"}};
constexpr uint32_t kCounts[] = {1000, 10'000, 100'000, 1'000'000};
/// Operations of a kind for each measurement, and runs at least.
constexpr uint32_t kOperations = 1'000'000;
constexpr uint32_t kLeastRuns = 3;
/// Milliseconds: from a slow client's deadline to a long keep-alive.
constexpr uint32_t kLeastDelay = 1000;
constexpr uint32_t kDelays = 60'000;

struct Costs {
  std::vector<double> set;
  std::vector<double> put_off;
  std::vector<double> clear;
  std::vector<double> expire;
};

std::vector<int> Shuffled(uint32_t count, test::Random& random) {
  std::vector<int> order(count);
  std::iota(order.begin(), order.end(), 0);
  for (uint32_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.Below(i)]);
  return order;
}

template <typename Action>
double PerTimer(uint32_t count, Action action) {
  const double begin = Now();
  action();
  return (Now() - begin) / count;
}

/// All are set, put off by a little, and cleared; then set again, and the clock runs until the last has expired.
void RunOnce(TimerKind kind, const std::vector<int>& order, const std::vector<uint32_t>& delays, Costs& costs) {
  const auto count = static_cast<uint32_t>(order.size());
  const std::unique_ptr<Timers> timers = Timers::Create(kind, 0, count);
  const auto set_all = [&](uint64_t now) {
    for (uint32_t i = 0; i < count; ++i) timers->Set(order[i], now + delays[i]);
  };
  costs.set.push_back(PerTimer(count, [&] { set_all(0); }));
  costs.put_off.push_back(PerTimer(count, [&] { set_all(500); }));
  costs.clear.push_back(PerTimer(count, [&] {
    for (const int fd : order) timers->Clear(fd);
  }));
  set_all(500);
  uint32_t expired = 0;
  costs.expire.push_back(PerTimer(count, [&] {
    for (uint64_t now = 0; expired < count; now += Timers::kTick) timers->Advance(now, [&](int) { ++expired; });
  }));
}

void Measure(const Kind& kind, uint32_t count) {
  test::Random random(count);
  const std::vector<int> order = Shuffled(count, random);
  std::vector<uint32_t> delays(count);
  for (uint32_t& delay : delays) delay = kLeastDelay + random.Below(kDelays);
  Costs costs;
  for (uint32_t run = 0; run < std::max(kOperations / count, kLeastRuns); ++run) {
    RunOnce(kind.kind, order, delays, costs);
  }
  std::printf("{\"kind\":\"%s\",\"timers\":%u,\"set\":%.1f,\"putOff\":%.1f,\"clear\":%.1f,\"expire\":%.1f}\n",
              kind.name, count, Median(costs.set), Median(costs.put_off), Median(costs.clear), Median(costs.expire));
}

}  // namespace
}  // namespace picoev::lab

int main() {
  for (const uint32_t count : picoev::lab::kCounts) {
    for (const auto& kind : picoev::lab::kKinds) picoev::lab::Measure(kind, count);
  }
}
