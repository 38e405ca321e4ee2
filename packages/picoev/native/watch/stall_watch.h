// Finds out where JavaScript is when its thread has not come round to its event loop for too long.
//
// Node-API has no way to interrupt JavaScript that runs; V8 has one, which Node exports: it calls a function at the
// next loop turn, call or backtrack of a regular expression, amid whatever runs. It is looked up at run time, so that
// the addon loads where it is missing. The alternative in Node's own API, an inspector session from a worker thread,
// costs 7 to 8 MB of memory in each process (Node 20); this costs a thread that sleeps.
#pragma once

#include <uv.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace picoev {

class StallWatch {
 public:
  using Milliseconds = std::chrono::milliseconds;
  /// Called on the watched thread, once for each stall, with the time since the last beat.
  using OnStall = std::function<void(Milliseconds)>;

  /// Watches the thread that this is called on, from the first beat on. Null where the engine cannot be interrupted, or
  /// no thread can be started.
  static std::unique_ptr<StallWatch> Start(OnStall on_stall);
  StallWatch(const StallWatch&) = delete;
  StallWatch& operator=(const StallWatch&) = delete;
  /// Waits for the watching thread to end; `on_stall` is not called any more.
  ~StallWatch();

  /// The watched thread is well, and is to be heard again within `limit`; 0 for ever.
  void Beat(Milliseconds limit);

 private:
  using Clock = std::chrono::steady_clock;

  /// Shared with an interrupt that is on its way, which may outlive the watch.
  struct Target {
    /// Both of the watched thread alone.
    OnStall on_stall;
    bool stopped = false;
    /// Of both threads, under `mutex`.
    std::mutex mutex;
    Clock::time_point beat_at;
    uint64_t beats = 0;
  };

  StallWatch(void* isolate, OnStall on_stall) : isolate_(isolate), target_(std::make_shared<Target>()) {
    target_->on_stall = std::move(on_stall);
  }
  void Watch();
  void Interrupt(uint64_t beats);

  void* const isolate_;
  const std::shared_ptr<Target> target_;
  std::condition_variable changed_;
  /// Under the target's mutex.
  Milliseconds limit_{0};
  bool stopping_ = false;
  /// None when it could not be started.
  std::optional<uv_thread_t> thread_;
};

}  // namespace picoev
