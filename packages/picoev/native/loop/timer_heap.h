// Timers in a binary heap, the earliest at its root: O(log n) to set and to clear, exact to the millisecond.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "loop/timers.h"

namespace picoev {

class TimerHeap final : public Timers {
 public:
  TimerHeap(uint64_t now, uint32_t capacity) : now_(now), position_(capacity, kNone) {}

  void Set(int fd, uint64_t deadline) override {
    const auto descriptor = static_cast<uint32_t>(fd);
    if (descriptor >= position_.size()) position_.resize(std::max<size_t>(descriptor + 1, position_.size() * 2), kNone);
    // Later than the last Advance(), so that one that is set while it runs is not found by it.
    const Entry entry{std::max(deadline, now_ + 1), descriptor};
    uint32_t at = position_[descriptor];
    if (at == kNone) {
      at = static_cast<uint32_t>(heap_.size());
      heap_.push_back(entry);
    }
    Place(at, entry);
  }

  void Clear(int fd) override {
    const auto descriptor = static_cast<uint32_t>(fd);
    if (descriptor < position_.size() && position_[descriptor] != kNone) Remove(position_[descriptor]);
  }

  void Advance(uint64_t now, const std::function<void(int fd)>& expired) override {
    now_ = std::max(now_, now);
    while (!heap_.empty() && heap_.front().deadline <= now_) {
      const uint32_t fd = heap_.front().fd;
      Remove(0);
      expired(static_cast<int>(fd));
    }
  }

  std::optional<uint64_t> Next() const override {
    if (heap_.empty()) return std::nullopt;
    return heap_.front().deadline;
  }

 private:
  struct Entry {
    uint64_t deadline;
    uint32_t fd;
  };
  static constexpr uint32_t kNone = UINT32_MAX;

  void Remove(uint32_t at) {
    position_[heap_[at].fd] = kNone;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (at < heap_.size()) Place(at, last);
  }

  /// Puts an entry in at a hole and lets it rise or sink to where it belongs.
  void Place(uint32_t hole, Entry entry) {
    while (hole > 0 && entry.deadline < heap_[(hole - 1) / 2].deadline) {
      Put(hole, heap_[(hole - 1) / 2]);
      hole = (hole - 1) / 2;
    }
    for (uint32_t child = 2 * hole + 1; child < heap_.size(); child = 2 * hole + 1) {
      if (child + 1 < heap_.size() && heap_[child + 1].deadline < heap_[child].deadline) ++child;
      if (heap_[child].deadline >= entry.deadline) break;
      Put(hole, heap_[child]);
      hole = child;
    }
    Put(hole, entry);
  }

  void Put(uint32_t at, Entry entry) {
    heap_[at] = entry;
    position_[entry.fd] = at;
  }

  uint64_t now_;
  std::vector<Entry> heap_;
  /// By descriptor: where it is in the heap.
  std::vector<uint32_t> position_;
};

}  // namespace picoev
