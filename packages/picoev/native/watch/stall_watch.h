// Finds out that a thread has not come round to its event loop for too long, and where its JavaScript is then.
//
// A native thread looks a few times in the time that is watched for; the watched thread pays one store a turn of its loop.
// The time in which the thread would have run and got no CPU is not the fault of its code: it does not count, or a busy
// machine told stalls at whatever line it left the thread.
//
// What is found is written by the looking thread, as lines of JSON, to a descriptor: whoever reads it need not wait for
// the thread that is stuck.
//
// Node-API has no way to interrupt JavaScript that runs; V8 has one, which Node exports: it calls a function at the
// next loop turn, call or backtrack of a regular expression, amid whatever runs, and that function must run no
// JavaScript. It is looked up at run time, so that the addon loads where it is missing. The alternative in Node's own
// API, an inspector session from a worker thread, costs 7 to 8 MB of memory in each process (Node 20).
#pragma once

#include <uv.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/uv_handle.h"
#include "watch/cpu_wait.h"

namespace picoev {

class StallWatch {
 public:
  using Milliseconds = std::chrono::milliseconds;
  /// Tells where the JavaScript of V8's isolate is, as members of a JSON object. Called on the watched thread, amid JavaScript.
  using Capture = std::function<std::string(void* isolate)>;

  /// Watches the thread that this is called on, which has `loop`, from the first beat on. Lines go to `fd`, which stays
  /// the caller's, and bear `number`. Null where the engine cannot be interrupted, or no thread can be started.
  static std::unique_ptr<StallWatch> Start(uv_loop_t* loop, int fd, int number, Capture capture);
  StallWatch(const StallWatch&) = delete;
  StallWatch& operator=(const StallWatch&) = delete;
  /// Waits for the looking thread to end; `capture` is not called any more.
  ~StallWatch();

  /// The watched thread is well. It is to be heard again within `limit`, and its event loop to turn within `warning`, or
  /// that is told; 0 for ever.
  void Beat(Milliseconds limit, Milliseconds warning);

 private:
  using Clock = std::chrono::steady_clock;

  enum class Missed : uint8_t { kTurn, kBeat };

  /// Shared with an interrupt that is on its way, which may outlive the watch.
  struct Target {
    /// Both of the watched thread alone.
    Capture capture;
    bool stopped = false;
    /// When the loop has last begun to wait for what comes, as libuv has it. Stored by the watched thread.
    std::atomic<uint64_t> turned_at{0};
    /// Of the watched thread, which makes this.
    const CpuWait cpu_wait;
    std::mutex mutex;
    std::condition_variable changed;
    /// From here on of both threads, under `mutex`.
    Clock::time_point beat_at;
    uint64_t beats = 0;
    /// The thread has said where the present stall is, and not when the stall is over before it could.
    bool is_told = false;
    /// Asked where it is it found that it had only waited for a CPU: the kernel counts a wait when it is over.
    bool is_early = false;
    /// Lines that are to be written.
    std::string found;
  };

  StallWatch(uv_loop_t* loop, void* isolate, int fd, int number, Capture capture);
  void Watch();
  Clock::time_point NextLook() const;
  void Look(Clock::time_point now);
  void LookForTurns(Clock::time_point now);
  void LookForBeats(Clock::time_point now);
  /// The loop turned, or waited for what comes, at `now`, before the wait for a CPU came to `waited`.
  void Turned(Clock::time_point now, std::chrono::nanoseconds waited);
  /// When it would have turned last, had it not had to wait for a CPU since.
  Clock::time_point StillSince() const;
  std::string StallOver(Clock::time_point end) const;
  /// Has the watched thread say where it is, unless it has come round before it says so.
  void Ask(Missed missed, Clock::time_point since);

  uv_loop_t* const loop_;
  void* const isolate_;
  const int fd_;
  const int number_;
  const std::shared_ptr<Target> target_;
  UvHandle<uv_prepare_t> turn_;

  /// From here on under the target's mutex.
  Milliseconds limit_{0};
  Milliseconds warning_{0};
  bool stopping_ = false;
  Clock::time_point looked_at_;
  uint64_t told_beats_ = 0;
  uint64_t seen_turn_ = 0;
  uint64_t seen_idle_ = 0;
  /// When the loop was last seen to turn, or to wait for what comes.
  Clock::time_point turned_at_;
  /// All that the thread had waited for a CPU when it was last looked at, and at the last turn at the latest.
  std::chrono::nanoseconds waited_{0};
  std::chrono::nanoseconds waited_at_turn_{0};
  bool is_stalled_ = false;
  /// None when it could not be started.
  std::optional<uv_thread_t> thread_;
};

}  // namespace picoev
