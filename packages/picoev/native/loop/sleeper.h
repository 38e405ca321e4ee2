// Makes a libuv loop turn when a poller has something. A poller with a descriptor (epoll) is watched by a uv_poll_t.
// For one without (poll, select) a thread sleeps on a snapshot of what is watched, and never touches the poller itself.
#pragma once

#include <uv.h>

#include <memory>

#include "base/failure.h"
#include "loop/poller.h"

namespace picoev {

class Sleeper {
 public:
  class Owner {
   public:
    /// The poller may have something: call its Wait() without waiting, then Sleep(). May destroy the sleeper.
    virtual void OnReady() = 0;

   protected:
    ~Owner() = default;
  };

  /// `poller` and `owner` must outlive the sleeper, which keeps the loop alive for as long as it exists.
  static Result<std::unique_ptr<Sleeper>> Start(uv_loop_t* loop, const Poller& poller, Owner& owner);
  virtual ~Sleeper() = default;

  /// At the end of each turn: from now on what is watched now can make the loop turn. Until this is called, OnReady()
  /// is not called again for the sake of what the last one had found.
  ///
  /// The thread's snapshot keeps a socket open that was closed meanwhile, until the next call: shut down what you
  /// close.
  virtual void Sleep() = 0;

  /// When the watched set has changed outside of OnReady(): it will be called, so that Sleep() follows.
  virtual void Interrupt() = 0;
};

}  // namespace picoev
