#include "loop/deadlines.h"

#include <algorithm>

namespace picoev {
namespace {

constexpr uint32_t kFirstCapacity = 256;

}  // namespace

Deadlines::Deadlines(uv_loop_t* loop, TimerKind kind, Owner& owner)
    : loop_(loop),
      owner_(owner),
      entries_(kFirstCapacity),
      timers_(Timers::Create(kind, uv_now(loop), kFirstCapacity)),
      uv_timer_(MakeUnreferencedUvHandle(uv_timer_init, loop, this)) {}

void Deadlines::Set(int fd, uint64_t milliseconds) {
  const auto index = static_cast<size_t>(fd);
  if (index >= entries_.size()) entries_.resize(std::max(index + 1, entries_.size() * 2));
  Entry& entry = entries_[index];
  entry.deadline = milliseconds == 0 ? 0 : Now() + milliseconds;
  Arm(fd, entry);
}

uint64_t Deadlines::Left(int fd) const {
  const auto index = static_cast<size_t>(fd);
  const uint64_t deadline = index < entries_.size() ? entries_[index].deadline : 0;
  if (deadline == 0) return 0;
  return deadline > Now() ? deadline - Now() : 1;
}

void Deadlines::Forget(int fd) {
  const auto index = static_cast<size_t>(fd);
  if (index >= entries_.size()) return;
  if (entries_[index].timer != 0) timers_->Clear(fd);
  entries_[index] = {};
}

void Deadlines::Arm(int fd, Entry& entry) {
  if (entry.deadline == 0 || (entry.timer != 0 && entry.timer <= entry.deadline)) return;
  entry.timer = entry.deadline;
  timers_->Set(fd, entry.deadline);
  if (due_ == 0 || entry.deadline < due_) Start();
}

void Deadlines::Start() {
  due_ = timers_->Next().value_or(0);
  if (due_ == 0) return;
  const uint64_t now = Now();
  uv_timer_start(
      uv_timer_.get(), [](uv_timer_t* handle) { static_cast<Deadlines*>(handle->data)->OnTimer(); },
      due_ > now ? due_ - now : 1, 0);
}

void Deadlines::OnTimer() {
  due_ = 0;
  timers_->Advance(Now(), [this](int fd) { OnExpired(fd); });
  Start();
}

void Deadlines::OnExpired(int fd) {
  Entry& entry = entries_[static_cast<size_t>(fd)];
  entry.timer = 0;
  if (entry.deadline == 0) return;
  if (entry.deadline > Now()) return Arm(fd, entry);
  entry.deadline = 0;
  owner_.OnDeadline(fd);
}

}  // namespace picoev
