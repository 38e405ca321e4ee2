#include "watch/stall_watch.h"

#include <dlfcn.h>

namespace picoev {
namespace {

// v8::Isolate::GetCurrent() and v8::Isolate::RequestInterrupt(void (*)(v8::Isolate*, void*), void*), by the names that
// the C++ ABI of Linux and macOS gives them. An isolate is only ever a pointer here.
using GetCurrentFunction = void* (*)();
using RequestInterruptFunction = void (*)(void* isolate, void (*callback)(void* isolate, void* data), void* data);

template <typename Function>
Function Find(const char* symbol) {
  return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, symbol));
}

RequestInterruptFunction RequestInterrupt() {
  static const auto found = Find<RequestInterruptFunction>("_ZN2v87Isolate16RequestInterruptEPFvPS0_PvES2_");
  return found;
}

void* CurrentIsolate() {
  static const auto get = Find<GetCurrentFunction>("_ZN2v87Isolate10GetCurrentEv");
  return get == nullptr ? nullptr : get();
}

/// A thread that wakes so much later than it asked for was not running: the process was stopped, or the machine slept.
constexpr std::chrono::seconds kAway{1};

/// All that the watching thread needs, in bytes.
constexpr size_t kStackSize = 64 * 1024;

}  // namespace

std::unique_ptr<StallWatch> StallWatch::Start(OnStall on_stall) {
  void* const isolate = CurrentIsolate();
  if (isolate == nullptr || RequestInterrupt() == nullptr) return nullptr;
  auto watch = std::unique_ptr<StallWatch>(new StallWatch(isolate, std::move(on_stall)));
  const uv_thread_options_t options{.flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = kStackSize};
  const auto run = [](void* started) { static_cast<StallWatch*>(started)->Watch(); };
  uv_thread_t thread{};
  if (uv_thread_create_ex(&thread, &options, run, watch.get()) != 0) return nullptr;
  watch->thread_ = thread;
  return watch;
}

StallWatch::~StallWatch() {
  {
    const std::lock_guard lock(target_->mutex);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_) uv_thread_join(&*thread_);
  target_->stopped = true;
}

void StallWatch::Beat(Milliseconds limit) {
  const std::lock_guard lock(target_->mutex);
  target_->beat_at = Clock::now();
  target_->beats += 1;
  // The watching thread sleeps until a deadline that each beat only moves on: it need not be woken for that.
  if (std::exchange(limit_, limit) != limit) changed_.notify_one();
}

void StallWatch::Watch() {
  std::unique_lock lock(target_->mutex);
  uint64_t told = 0;
  while (!stopping_) {
    if (limit_.count() == 0) {
      changed_.wait(lock);
      continue;
    }
    const Clock::time_point now = Clock::now();
    const bool heard = target_->beats != told;
    // Told of once, a stall lasts until the next beat, of which nobody wakes this thread: look again in a while.
    const Clock::time_point deadline = heard ? target_->beat_at + limit_ : now + limit_;
    if (now < deadline) {
      if (changed_.wait_until(lock, deadline) == std::cv_status::no_timeout) continue;
      if (Clock::now() - deadline > kAway) target_->beat_at = Clock::now();
      continue;
    }
    told = target_->beats;
    Interrupt(told);
  }
}

void StallWatch::Interrupt(uint64_t beats) {
  struct Errand {
    std::shared_ptr<Target> target;
    uint64_t beats;
  };
  auto errand = std::make_unique<Errand>(target_, beats);
  const auto run = [](void*, void* data) {
    const std::unique_ptr<Errand> errand(static_cast<Errand*>(data));
    Target& target = *errand->target;
    if (target.stopped) return;
    std::unique_lock lock(target.mutex);
    // It may have come round before the interrupt did.
    if (target.beats != errand->beats) return;
    const auto stalled = std::chrono::duration_cast<Milliseconds>(Clock::now() - target.beat_at);
    lock.unlock();
    target.on_stall(stalled);
  };
  RequestInterrupt()(isolate_, run, errand.release());
}

}  // namespace picoev
