#include "loop/timers.h"

#include "loop/timer_heap.h"
#include "loop/timer_wheel.h"

namespace picoev {

std::unique_ptr<Timers> Timers::Create(TimerKind kind, uint64_t now, uint32_t capacity) {
  if (kind == TimerKind::kHeap) return std::make_unique<TimerHeap>(now, capacity);
  return std::make_unique<TimerWheel>(now, capacity);
}

}  // namespace picoev
