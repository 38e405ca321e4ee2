// Deadlines of descriptors, one each. Two ways to keep them: a ring of bit vectors (timer_wheel.h, as picoev) and a
// binary heap (timer_heap.h, as libevent). Time is milliseconds of a monotonic clock, handed in; nothing here asks for
// it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace picoev {

enum class TimerKind : uint8_t { kWheel, kHeap };

class Timers {
 public:
  /// `capacity` is the number of descriptors to begin with; it grows by itself.
  static std::unique_ptr<Timers> Create(TimerKind kind, uint64_t now, uint32_t capacity);
  virtual ~Timers() = default;

  /// Sets a descriptor's deadline, in the place of one it has. It never expires before `deadline`, and always in an
  /// Advance() that is a tick (kTick) or more behind it. One that has passed already expires in a later Advance() than
  /// the last, so that what expires may be set anew without end.
  virtual void Set(int fd, uint64_t deadline) = 0;
  /// Without effect when there is none.
  virtual void Clear(int fd) = 0;
  /// Calls `expired` for each descriptor whose deadline has come, which then has none; it may Set and Clear any.
  virtual void Advance(uint64_t now, const std::function<void(int fd)>& expired) = 0;
  /// When to call Advance() next: no later than the next deadline plus a tick; nothing when no deadline is set.
  virtual std::optional<uint64_t> Next() const = 0;

  /// Milliseconds: how exact a deadline is.
  static constexpr uint64_t kTick = 100;
};

}  // namespace picoev
