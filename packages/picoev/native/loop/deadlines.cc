#include "loop/deadlines.h"

#include <algorithm>

namespace picoev {
namespace {

constexpr uint32_t kFirstCapacity = 256;

/// From here on the loop counts as late.
constexpr uint64_t kLateMilliseconds = 100;

/// In which the loop, and a poller that waits in a thread of its own, look at what has come.
constexpr uint64_t kLookMilliseconds = 20;

}  // namespace

Deadlines::Deadlines(uv_loop_t* loop, TimerKind kind, Owner& owner)
    : loop_(loop),
      owner_(owner),
      entries_(kFirstCapacity),
      timers_(Timers::Create(kind, uv_now(loop), kFirstCapacity)),
      uv_timer_(MakeUnreferencedUvHandle(uv_timer_init, loop, this)) {}

void Deadlines::Set(int fd, uint64_t milliseconds, bool reprieved) {
  const auto index = static_cast<size_t>(fd);
  if (index >= entries_.size()) entries_.resize(std::max(index + 1, entries_.size() * 2));
  Entry& entry = entries_[index];
  entry.deadline = milliseconds == 0 ? 0 : Now() + milliseconds;
  entry.span = static_cast<uint32_t>(milliseconds);
  entry.reprieved = reprieved;
  Arm(fd, entry);
}

/// See the top of deadlines.h.
void Deadlines::Reprieve(int fd, Entry& entry) {
  entry.reprieved = true;
  entry.deadline = Now() + (late_ >= kLateMilliseconds ? entry.span : kLookMilliseconds);
  Arm(fd, entry);
}

uint64_t Deadlines::Left(int fd) const {
  const auto index = static_cast<size_t>(fd);
  const uint64_t deadline = index < entries_.size() ? entries_[index].deadline : 0;
  if (deadline == 0) return 0;
  return deadline > Now() ? deadline - Now() : 1;
}

bool Deadlines::IsReprieved(int fd) const {
  const auto index = static_cast<size_t>(fd);
  return index < entries_.size() && entries_[index].reprieved;
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
  late_ = due_ < Now() ? Now() - due_ : 0;
  due_ = 0;
  timers_->Advance(Now(), [this](int fd) { OnExpired(fd); });
  Start();
}

void Deadlines::OnExpired(int fd) {
  Entry& entry = entries_[static_cast<size_t>(fd)];
  entry.timer = 0;
  if (entry.deadline == 0) return;
  if (entry.deadline > Now()) return Arm(fd, entry);
  if (!entry.reprieved) return Reprieve(fd, entry);
  entry.deadline = 0;
  owner_.OnDeadline(fd);
}

}  // namespace picoev
