#include "net/acceptor.h"

#include <cerrno>
#include <utility>

#include "net/listen.h"

namespace picoev {
namespace {

/// How soon a connection is tried again for which there was no descriptor.
constexpr uint64_t kRetryMilliseconds = 100;

/// A process that was woken for a connection and then killed, or stopped by a debugger, leaves it lying: nobody else is
/// woken for it. Looking once in a while bounds the wait; it costs two system calls.
constexpr uint64_t kRecheckMilliseconds = 1000;

/// More than a queue should hold: somebody who connects without a pause must not keep it open.
constexpr uint32_t kMostOfQueue = 4096;

bool IsExhaustion(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

/// The listening socket itself is wrong, so the next call would fail as well. Every other error belongs to the one
/// connection: Linux passes its pending network errors on (accept(2), "Error handling").
bool IsBroken(int error) { return error == EBADF || error == EINVAL || error == ENOTSOCK; }

}  // namespace

Result<std::unique_ptr<Acceptor>> Acceptor::Start(uv_loop_t* loop, int fd, uint32_t per_turn, Owner& owner) {
  if (auto failure = RequireListener(fd)) return *failure;
  std::unique_ptr<Acceptor> acceptor(new Acceptor(loop, fd, per_turn, owner));
  auto watch = ListenerWatch::Start(loop, fd, [self = acceptor.get()] { self->Turn(); });
  if (const auto* failure = std::get_if<Failure>(&watch)) return *failure;
  acceptor->watch_ = std::get<std::unique_ptr<ListenerWatch>>(std::move(watch));
  acceptor->StartTimer(kRecheckMilliseconds);
  return acceptor;
}

Acceptor::Acceptor(uv_loop_t* loop, int fd, uint32_t per_turn, Owner& owner)
    : fd_(fd), per_turn_(per_turn), owner_(owner), timer_(MakeUnreferencedUvHandle(uv_timer_init, loop, this)) {}

void Acceptor::Pause() {
  if (state_ == State::kClosed) return;
  state_ = State::kPaused;
  uv_timer_stop(timer_.get());
  watch_->Suspend();
}

void Acceptor::Resume() {
  if (state_ == State::kPaused) Watch();
}

void Acceptor::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  timer_.reset();
  watch_->Suspend();
  watch_.reset();
}

void Acceptor::Turn() {
  ++stats_.wakeups;
  const uint64_t accepted_before = stats_.accepted;
  for (uint32_t i = 0; i < per_turn_ && state_ == State::kWatching; ++i) {
    const Outcome outcome = AcceptOne();
    if (outcome == Outcome::kNothing && i == 0) ++stats_.empty;
    if (outcome == Outcome::kNothing || outcome == Outcome::kStop) break;
  }
  if (stats_.accepted != accepted_before && state_ == State::kWatching) watch_->MoveToTail();
}

void Acceptor::TakeRest() {
  for (uint32_t i = 0; i < kMostOfQueue && state_ == State::kWatching; ++i) {
    const Outcome outcome = AcceptOne();
    if (outcome == Outcome::kNothing || outcome == Outcome::kStop) return;
  }
}

Acceptor::Outcome Acceptor::AcceptOne() {
  if (!owner_.CanTake()) {
    Pause();
    return Outcome::kStop;
  }
  UniqueFd connection = picoev::AcceptOne(fd_);
  if (!connection.IsValid()) return Fail(errno);
  ++stats_.accepted;
  short_of_descriptors_ = false;
  owner_.OnConnection(std::move(connection), fd_);
  return Outcome::kAccepted;
}

Acceptor::Outcome Acceptor::Fail(int error) {
  if (error == EAGAIN || error == EWOULDBLOCK) return Outcome::kNothing;
  if (IsExhaustion(error)) {
    Exhaust(error);
    return Outcome::kStop;
  }
  if (IsBroken(error)) {
    Close();
    owner_.OnBroken(error);
    return Outcome::kStop;
  }
  ++stats_.aborted;
  return Outcome::kAborted;
}

void Acceptor::Exhaust(int error) {
  state_ = State::kExhausted;
  watch_->Suspend();
  StartTimer(kRetryMilliseconds);
  if (std::exchange(short_of_descriptors_, true)) return;
  ++stats_.exhausted;
  owner_.OnExhausted(error);
}

void Acceptor::Watch() {
  state_ = State::kWatching;
  StartTimer(kRecheckMilliseconds);
  watch_->Resume();
}

void Acceptor::Recheck() {
  if (state_ == State::kExhausted) {
    Watch();
  } else {
    watch_->MoveToTail();
  }
}

void Acceptor::StartTimer(uint64_t first_milliseconds) {
  uv_timer_start(
      timer_.get(), [](uv_timer_t* handle) { static_cast<Acceptor*>(handle->data)->Recheck(); }, first_milliseconds,
      kRecheckMilliseconds);
}

}  // namespace picoev
