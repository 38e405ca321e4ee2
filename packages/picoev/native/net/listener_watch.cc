#include "net/listener_watch.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#ifdef __linux__
#include <sys/epoll.h>
#endif

#include <utility>

#include "net/listen.h"

namespace picoev {

Result<std::unique_ptr<ListenerWatch>> ListenerWatch::Start(uv_loop_t* loop, int fd, std::function<void()> on_ready) {
  auto poll = std::make_unique<uv_poll_t>();
  if (const int error = uv_poll_init(loop, poll.get(), fd); error != 0) {
    return Failure{.syscall = "uv_poll_init", .error = -error};
  }
  UvHandle<uv_poll_t> handle(poll.release());
  return std::unique_ptr<ListenerWatch>(new ListenerWatch(loop, fd, std::move(handle), std::move(on_ready)));
}

ListenerWatch::ListenerWatch(uv_loop_t* loop, int fd, UvHandle<uv_poll_t> poll, std::function<void()> on_ready)
    : loop_(loop), fd_(fd), is_tcp_(IsTcp(fd)), on_ready_(std::move(on_ready)), poll_(std::move(poll)) {
  poll_->data = this;
  uv_poll_start(poll_.get(), UV_READABLE, OnPoll);
#ifdef __linux__
  idle_ = MakeUnreferencedUvHandle(uv_idle_init, loop, this);
  check_ = MakeUnreferencedUvHandle(uv_check_init, loop, this);
  uv_idle_start(idle_.get(), [](uv_idle_t*) {});
  uv_check_start(check_.get(), [](uv_check_t* handle) { static_cast<ListenerWatch*>(handle->data)->TakeOver(); });
#endif
}

void ListenerWatch::OnPoll(uv_poll_t* handle, int, int) {
  auto* watch = static_cast<ListenerWatch*>(handle->data);
  // libuv may still hold an event from before Suspend().
  if (!watch->suspended_) watch->on_ready_();
}

void ListenerWatch::Suspend() {
  if (std::exchange(suspended_, true)) return;
  Unregister();
  OfferToOthers();
}

void ListenerWatch::Resume() {
  if (std::exchange(suspended_, false)) Register();
}

void ListenerWatch::MoveToTail() {
  if (suspended_) return;
  Unregister();
  Register();
}

#ifdef __linux__

void ListenerWatch::TakeOver() {
  // Started in a callback of a poll, this is the check after that poll, and libuv tells the kernel in the next one. It
  // would abort the process if it found an exclusive registration then.
  if (!ForgetInKernel()) return;
  idle_.reset();
  check_.reset();
  registration_ = Registration::kExclusive;
  if (!suspended_) Register();
}

bool ListenerWatch::ForgetInKernel() { return epoll_ctl(uv_backend_fd(loop_), EPOLL_CTL_DEL, fd_, nullptr) == 0; }

void ListenerWatch::Register() {
  if (registration_ == Registration::kLibuv) return;
  epoll_event event{};
  event.data.fd = fd_;
  event.events = EPOLLIN | EPOLLEXCLUSIVE;
  // A listening TCP socket never becomes writable: that is only for OfferToOthers().
  if (is_tcp_) event.events |= EPOLLOUT;
  const int epoll = uv_backend_fd(loop_);
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd_, &event) == 0 || errno != EINVAL) {
    // Failing for want of memory is healed by the next MoveToTail().
    return;
  }
  // Kernels before 4.5 do not know the flag. All processes wake then, and one of them gets the connection.
  event.events = EPOLLIN;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd_, &event);
}

void ListenerWatch::Unregister() {
  if (registration_ == Registration::kExclusive) ForgetInKernel();
}

void ListenerWatch::OfferToOthers() {
  if (!is_tcp_) return;
  pollfd queue{.fd = fd_, .events = POLLIN, .revents = 0};
  if (poll(&queue, 1, 0) != 1) return;
  // Setting this option to any value tells the socket's waiters that it may be writable, which wakes one exclusive
  // waiter; that one looks at the socket and finds the connection. The value is the socket's own, so nothing else
  // changes.
  unsigned value = 0;
  socklen_t length = sizeof value;
  if (getsockopt(fd_, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, &length) != 0) return;
  setsockopt(fd_, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, sizeof value);
}

#else

// kqueue wakes every process, and each asks again: libuv's own registration is all there is.
void ListenerWatch::Register() { uv_poll_start(poll_.get(), UV_READABLE, OnPoll); }

void ListenerWatch::Unregister() { uv_poll_stop(poll_.get()); }

void ListenerWatch::OfferToOthers() {}

#endif

}  // namespace picoev
