// Tells a libuv loop that a connection waits at a listening socket, so that one connection wakes one process.
//
// Several processes wait at the same socket. Linux wakes only one of them when each has registered it in its epoll with
// EPOLLEXCLUSIVE, and only when that is the epoll that the process sleeps in: behind a nested epoll the flag has no
// effect. libuv has no such flag. So a uv_poll_t is started in the ordinary way, and as soon as libuv has told the
// kernel, the registration is replaced by an exclusive one. libuv never looks: it finds the handle by the descriptor in
// the event.
//
// The kernel wakes the waiters in the order in which they came and does not move the woken one back. Left alone, the
// first process would get every connection for as long as it is idle; MoveToTail() makes it a round.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>

#include "base/failure.h"
#include "base/uv_handle.h"

namespace picoev {

class ListenerWatch {
 public:
  /// Watches from now on. `on_ready` runs in the loop whenever a connection may be waiting, and may destroy the watch.
  static Result<std::unique_ptr<ListenerWatch>> Start(uv_loop_t* loop, int fd, std::function<void()> on_ready);

  ListenerWatch(const ListenerWatch&) = delete;
  ListenerWatch& operator=(const ListenerWatch&) = delete;

  /// No more calls of `on_ready`. A connection that waits is offered to another process.
  void Suspend();
  /// A connection that waits already is noticed.
  void Resume();
  /// Lets the other processes have the next connections. Notices one that waits already.
  void MoveToTail();
  /// Wakes one other process that is idle, if a connection waits. Without it, a process that was woken and then does
  /// not accept would leave the connection lying until the next one arrives. Has no effect on unix sockets.
  void OfferToOthers();

 private:
  enum class Registration {
    /// libuv's own, not exclusive: until the loop has polled once.
    kLibuv,
    kExclusive,
  };

  ListenerWatch(uv_loop_t* loop, int fd, UvHandle<uv_poll_t> poll, std::function<void()> on_ready);

  static void OnPoll(uv_poll_t* handle, int status, int events);
  void TakeOver();
  bool ForgetInKernel();
  void Register();
  void Unregister();

  [[maybe_unused]] uv_loop_t* const loop_;
  const int fd_;
  [[maybe_unused]] const bool is_tcp_;
  const std::function<void()> on_ready_;
  bool suspended_ = false;
  Registration registration_ = Registration::kLibuv;
  UvHandle<uv_poll_t> poll_;
  /// The pair that finds out when libuv has told the kernel: `check_` looks after each poll, and `idle_` keeps that
  /// poll from sleeping.
  UvHandle<uv_idle_t> idle_;
  UvHandle<uv_check_t> check_;
};

}  // namespace picoev
