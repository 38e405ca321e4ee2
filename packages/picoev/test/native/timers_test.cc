// Both kinds of timers against a model that keeps a map, over random histories.
#include "loop/timers.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "check.h"
#include "random.h"

namespace picoev {
namespace {

constexpr TimerKind kKinds[] = {TimerKind::kWheel, TimerKind::kHeap};

const char* NameOf(TimerKind kind) { return kind == TimerKind::kWheel ? "wheel" : "heap"; }

std::vector<int> Advance(Timers& timers, uint64_t now) {
  std::vector<int> expired;
  timers.Advance(now, [&](int fd) { expired.push_back(fd); });
  return expired;
}

/// Drives timers and the model together, and holds each promise of timers.h.
class History {
 public:
  History(TimerKind kind, uint64_t seed)
      : random_(seed),
        name_(std::string(NameOf(kind)) + ", seed " + std::to_string(seed)),
        now_(random_.Below(100'000)) {
    // A small table, so that it has to grow.
    timers_ = Timers::Create(kind, now_, 4);
  }

  void Run(int steps) {
    for (int step = 0; step < steps; ++step) {
      const uint32_t choice = random_.Below(10);
      if (choice < 5) {
        Set(RandomFd());
      } else if (choice < 7) {
        Clear(RandomFd());
      } else {
        AdvanceBy(choice == 9 && random_.Below(4) == 0 ? random_.Below(60'000) : random_.Below(400));
      }
      CheckNext();
    }
    AdvanceBy(10'000'000);
    CHECK_EQUAL(deadlines_.size(), 0u, name_);
    CHECK(!timers_->Next().has_value());
  }

 private:
  int RandomFd() { return static_cast<int>(random_.Below(random_.Below(8) == 0 ? 6000 : 70)); }

  void Set(int fd) {
    // Near, at the horizon of the wheel, far beyond it, or past.
    const uint32_t spans[] = {50, 2000, 13'000, 200'000};
    uint64_t deadline = now_ + random_.Below(spans[random_.Below(4)]);
    if (random_.Below(20) == 0) deadline = now_ - std::min<uint64_t>(now_, random_.Below(1000));
    timers_->Set(fd, deadline);
    deadlines_[fd] = std::max(deadline, now_);
  }

  void Clear(int fd) {
    timers_->Clear(fd);
    deadlines_.erase(fd);
  }

  void AdvanceBy(uint64_t milliseconds) {
    now_ += milliseconds;
    fresh_.clear();
    const bool meddles = milliseconds < 1'000'000;
    timers_->Advance(now_, [&](int fd) {
      CHECK_EQUAL(fresh_.count(fd), 0u, name_ + ": set while it advanced");
      CHECK_EQUAL(deadlines_.count(fd), 1u, name_ + ": had no deadline");
      CHECK(deadlines_[fd] <= now_);
      deadlines_.erase(fd);
      if (meddles) Meddle(fd);
    });
    for (const auto& [fd, deadline] : deadlines_) {
      CHECK(deadline + Timers::kTick > now_ || fresh_.count(fd) > 0);
    }
  }

  /// What a callback may do: set itself anew, set or clear another.
  void Meddle(int fd) {
    const uint32_t choice = random_.Below(4);
    const int other = choice == 0 ? fd : RandomFd();
    if (choice < 2) {
      Set(other);
      fresh_.insert(other);
    } else if (choice == 2) {
      Clear(other);
    }
  }

  void CheckNext() {
    const std::optional<uint64_t> next = timers_->Next();
    CHECK_EQUAL(next.has_value(), !deadlines_.empty(), name_);
    if (!next.has_value()) return;
    uint64_t earliest = UINT64_MAX;
    for (const auto& [fd, deadline] : deadlines_) earliest = std::min(earliest, deadline);
    CHECK(*next <= earliest + Timers::kTick);
  }

  test::Random random_;
  const std::string name_;
  uint64_t now_;
  std::unique_ptr<Timers> timers_;
  std::map<int, uint64_t> deadlines_;
  /// Set by the callback of the Advance() that runs.
  std::set<int> fresh_;
};

TEST("timers do over random histories what a map of deadlines does") {
  for (const TimerKind kind : kKinds) {
    for (uint64_t seed = 1; seed <= 60; ++seed) History(kind, seed).Run(400);
  }
}

TEST("a deadline expires once, at its time and no more than a tick behind it") {
  for (const TimerKind kind : kKinds) {
    const auto timers = Timers::Create(kind, 1000, 16);
    timers->Set(3, 1250);
    CHECK_EQUAL(Advance(*timers, 1249).size(), 0u, NameOf(kind));
    CHECK_EQUAL(Advance(*timers, 1350).size(), 1u, NameOf(kind));
    CHECK_EQUAL(Advance(*timers, 5000).size(), 0u, NameOf(kind));
  }
}

TEST("a deadline that is put off again and again expires only after the last time") {
  for (const TimerKind kind : kKinds) {
    const auto timers = Timers::Create(kind, 0, 16);
    for (uint64_t now = 0; now < 100'000; now += 50) {
      timers->Set(7, now + 5000);
      CHECK_EQUAL(Advance(*timers, now).size(), 0u, NameOf(kind));
    }
    CHECK_EQUAL(Advance(*timers, 104'949).size(), 0u, NameOf(kind));
    CHECK_EQUAL(Advance(*timers, 105'050).size(), 1u, NameOf(kind));
  }
}

TEST("a clock that stands still or goes back harms nothing") {
  for (const TimerKind kind : kKinds) {
    const auto timers = Timers::Create(kind, 5000, 16);
    timers->Set(1, 4000);
    CHECK_EQUAL(Advance(*timers, 4000).size(), 0u, NameOf(kind));
    CHECK_EQUAL(Advance(*timers, 5100).size(), 1u, NameOf(kind));
    timers->Set(1, UINT64_MAX);
    CHECK_EQUAL(Advance(*timers, 100'000'000'000).size(), 0u, NameOf(kind));
  }
}

}  // namespace
}  // namespace picoev
