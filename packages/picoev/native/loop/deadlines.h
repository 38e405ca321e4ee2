// Until when each connection may take, kept so that a deadline which moves back costs nothing: a keep-alive connection
// gets a new one with each answer, and hardly one of them is ever reached.
//
// A deadline that comes is believed only when the poller was looked at once more: what the client did in time may lie in the
// kernel, where this process was stopped (SIGSTOP, `docker pause`) or JavaScript has kept the loop. Where the loop was late, the
// client has all of its time again, for what it could not send or take meanwhile; once, or a busy loop would keep slow ones for ever.
//
// Invariant: where a deadline is set, the timers know it or an earlier time; what goes off too early is set anew.
#pragma once

#include <uv.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "loop/timers.h"
#include "base/uv_handle.h"

namespace picoev {

class Deadlines {
 public:
  class Owner {
   public:
    /// The deadline of this descriptor has come; it has none now.
    virtual void OnDeadline(int fd) = 0;

   protected:
    ~Owner() = default;
  };

  /// `owner` must outlive it.
  Deadlines(uv_loop_t* loop, TimerKind kind, Owner& owner);

  /// Now is now: JavaScript, or a stop of the process, may have lasted long since the event loop looked at the clock.
  void TakeTime() { uv_update_time(loop_); }
  /// So many milliseconds from now, in the place of an earlier deadline; 0 for none. `reprieved`: it is what is left of one that was.
  void Set(int fd, uint64_t milliseconds, bool reprieved = false);
  /// Milliseconds until the deadline, 1 at least; 0 when there is none.
  uint64_t Left(int fd) const;
  /// The deadline has come once already.
  bool IsReprieved(int fd) const;
  /// The descriptor is closed.
  void Forget(int fd);

 private:
  struct Entry {
    /// 0 for none.
    uint64_t deadline = 0;
    /// What the timers know, no later than the deadline; 0 for nothing.
    uint64_t timer = 0;
    /// Milliseconds that it was set for.
    uint32_t span = 0;
    /// It has come once already.
    bool reprieved = false;
  };

  uint64_t Now() const { return uv_now(loop_); }
  void Arm(int fd, Entry& entry);
  void Reprieve(int fd, Entry& entry);
  void OnTimer();
  void OnExpired(int fd);
  void Start();

  uv_loop_t* const loop_;
  Owner& owner_;
  std::vector<Entry> entries_;
  std::unique_ptr<Timers> timers_;
  UvHandle<uv_timer_t> uv_timer_;
  /// When `uv_timer_` goes off; 0 when it is not started.
  uint64_t due_ = 0;
  /// The timer goes off so much later than it should.
  uint64_t late_ = 0;
};

}  // namespace picoev
