// Accepts connections from a listening socket, few at a time, and hands them to its owner.
//
// Invariant: the socket is watched exactly in state kWatching. In all other states connections wait in the kernel's
// queue, where another process may take them.
#pragma once

#include <uv.h>

#include <cstdint>
#include <memory>

#include "base/failure.h"
#include "net/listen.h"
#include "net/listener_watch.h"
#include "base/unique_fd.h"
#include "base/uv_handle.h"

namespace picoev {

class Acceptor {
 public:
  /// Each call may pause or close the acceptor; that ends the turn.
  class Owner {
   public:
    /// `listener` is the descriptor of the listening socket by which it came.
    virtual void OnConnection(UniqueFd connection, int listener) = 0;
    /// False when it could do nothing with a connection, because it is being torn down: that is left to others.
    virtual bool CanTake() = 0;
    /// There were no descriptors or no memory for a connection (an errno). Once, until accepting succeeds again.
    virtual void OnExhausted(int error) = 0;
    /// The listening socket is of no more use (an errno); the acceptor is closed.
    virtual void OnBroken(int error) = 0;

   protected:
    ~Owner() = default;
  };

  struct Stats {
    /// Times that the loop was woken for a connection.
    uint64_t wakeups = 0;
    uint64_t accepted = 0;
    /// Wake-ups that found nothing, because another process had been faster.
    uint64_t empty = 0;
    /// Connections that had failed before they were accepted.
    uint64_t aborted = 0;
    /// Times that descriptors or memory ran out.
    uint64_t exhausted = 0;
  };

  /// Accepts from now on. `owner` must outlive the acceptor. The descriptor stays the caller's, must be non-blocking,
  /// and must be open until Close().
  static Result<std::unique_ptr<Acceptor>> Start(uv_loop_t* loop, int fd, uint32_t per_turn, Owner& owner);

  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  void Pause();
  void Resume();
  void Close();
  /// Takes at once all that waits, unless its owner pauses it meanwhile: where nobody else has the socket, the kernel
  /// resets what is in its queue when it is closed.
  void TakeRest();
  bool IsClosed() const { return state_ == State::kClosed; }
  /// Connections that nobody has accepted yet: see listen.h.
  uint32_t CountWaiting() const { return state_ == State::kClosed ? 0 : picoev::CountWaiting(fd_); }
  const Stats& GetStats() const { return stats_; }

 private:
  enum class State { kWatching, kPaused, kExhausted, kClosed };
  enum class Outcome { kAccepted, kAborted, kNothing, kStop };

  Acceptor(uv_loop_t* loop, int fd, uint32_t per_turn, Owner& owner);

  void Turn();
  Outcome AcceptOne();
  Outcome Fail(int error);
  void Exhaust(int error);
  void Watch();
  void Recheck();
  void StartTimer(uint64_t first_milliseconds);

  const int fd_;
  const uint32_t per_turn_;
  Owner& owner_;
  State state_ = State::kWatching;
  /// Descriptors ran out, and no connection was accepted since.
  bool short_of_descriptors_ = false;
  Stats stats_;
  std::unique_ptr<ListenerWatch> watch_;
  UvHandle<uv_timer_t> timer_;
};

}  // namespace picoev
