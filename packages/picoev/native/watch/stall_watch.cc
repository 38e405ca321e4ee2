#include "watch/stall_watch.h"

#include <dlfcn.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "stream/write_now.h"

namespace picoev {
namespace {

using Milliseconds = StallWatch::Milliseconds;

// v8::Isolate::GetCurrent() and v8::Isolate::RequestInterrupt(void (*)(v8::Isolate*, void*), void*), by the names that
// the C++ ABI of Linux and macOS gives them. An isolate is only ever a pointer here.
using GetCurrentFunction = void* (*)();
using RequestInterruptFunction = void (*)(void* isolate, void (*callback)(void* isolate, void* data), void* data);

template <typename Function>
Function Find(const char* symbol) {
  return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, symbol));
}

RequestInterruptFunction RequestInterrupt() {
  static const auto found = Find<RequestInterruptFunction>("_ZN2v87Isolate16RequestInterruptEPFvPS0_PvES2_");
  return found;
}

void* CurrentIsolate() {
  static const auto get = Find<GetCurrentFunction>("_ZN2v87Isolate10GetCurrentEv");
  return get == nullptr ? nullptr : get();
}

/// A thread that wakes so much later than it asked for was not running: the process was stopped, or the machine slept.
constexpr std::chrono::seconds kAway{1};

/// The looking thread asks to be woken so often, or a stop within a longer sleep would go unseen, and count as silence.
constexpr std::chrono::seconds kLongestSleep{1};

/// Looks in the time after which a loop that has not turned is told of, which is thus told so much later.
constexpr int kLooks = 8;

/// All that the looking thread needs, in bytes.
constexpr size_t kStackSize = 128 * 1024;

/// For a reader that does not keep up; then the line is cut.
constexpr int kWriteMilliseconds = 1'000;

/// One thread of the process writes at a time.
std::mutex writing;
/// The line before was cut.
bool has_cut = false;

void Write(int fd, std::string_view line) {
  const std::lock_guard lock(writing);
  std::string text;
  if (std::exchange(has_cut, false)) text += '\n';
  text += line;
  std::span<const uint8_t> left(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  while (!left.empty()) {
    pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
    const int ready = poll(&room, 1, kWriteMilliseconds);
    if (ready < 0 && errno == EINTR) continue;
    const Result<size_t> written = ready == 1 ? WriteNow(fd, left) : Result<size_t>(Failure{});
    const size_t* const size = std::get_if<size_t>(&written);
    if (size == nullptr) {
      has_cut = left.size() < text.size();
      return;
    }
    left = left.subspan(*size);
  }
}

std::string Head(const char* type, int number, std::chrono::steady_clock::duration length) {
  return std::string("{\"type\":\"") + type + "\",\"thread\":" + std::to_string(number) +
         ",\"for\":" + std::to_string(std::chrono::duration_cast<Milliseconds>(length).count());
}

}  // namespace

std::unique_ptr<StallWatch> StallWatch::Start(uv_loop_t* loop, int fd, int number, Capture capture) {
  void* const isolate = CurrentIsolate();
  if (isolate == nullptr || RequestInterrupt() == nullptr) return nullptr;
  auto watch = std::unique_ptr<StallWatch>(new StallWatch(loop, isolate, fd, number, std::move(capture)));
  const uv_thread_options_t options{.flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = kStackSize};
  const auto run = [](void* started) { static_cast<StallWatch*>(started)->Watch(); };
  uv_thread_t thread{};
  if (uv_thread_create_ex(&thread, &options, run, watch.get()) != 0) return nullptr;
  watch->thread_ = thread;
  return watch;
}

StallWatch::StallWatch(uv_loop_t* loop, void* isolate, int fd, int number, Capture capture)
    : loop_(loop),
      isolate_(isolate),
      fd_(fd),
      number_(number),
      target_(std::make_shared<Target>()),
      turn_(MakeUnreferencedUvHandle(uv_prepare_init, loop, target_.get())) {
  target_->capture = std::move(capture);
  // Node has it count anyway. It must be told before the loop's first wait.
  uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
  uv_prepare_start(turn_.get(), [](uv_prepare_t* handle) {
    static_cast<Target*>(handle->data)->turned_at.store(uv_now(handle->loop), std::memory_order_relaxed);
  });
}

StallWatch::~StallWatch() {
  {
    const std::lock_guard lock(target_->mutex);
    stopping_ = true;
  }
  target_->changed.notify_one();
  if (thread_) uv_thread_join(&*thread_);
  target_->stopped = true;
}

void StallWatch::Beat(Milliseconds limit, Milliseconds warning) {
  const std::lock_guard lock(target_->mutex);
  target_->beat_at = Clock::now();
  target_->beats += 1;
  // The looking thread sleeps until a deadline that each beat only moves on: it need not be woken for that.
  if (std::exchange(limit_, limit) != limit) target_->changed.notify_one();
  if (std::exchange(warning_, warning) == warning) return;
  // What it has done until now was allowed.
  waited_ = target_->cpu_wait.Total();
  Turned(Clock::now(), waited_);
  target_->changed.notify_one();
}

void StallWatch::Watch() {
  std::unique_lock lock(target_->mutex);
  looked_at_ = Clock::now();
  waited_ = target_->cpu_wait.Total();
  Turned(looked_at_, waited_);
  while (!stopping_) {
    const Clock::time_point next = NextLook();
    if (next == Clock::time_point::max()) {
      target_->changed.wait(lock);
    } else if (target_->found.empty()) {
      target_->changed.wait_until(lock, next);
    }
    const Clock::time_point now = Clock::now();
    if (next < now && now - next > kAway) {
      target_->beat_at = now;
      Turned(now, target_->cpu_wait.Total());
    }
    Look(now);
    const std::string lines = std::exchange(target_->found, {});
    if (lines.empty()) continue;
    lock.unlock();
    Write(fd_, lines);
    lock.lock();
  }
  // Of a thread that was terminated amid its stall.
  if (!is_stalled_) return;
  lock.unlock();
  Write(fd_, StallOver(Clock::now()));
}

StallWatch::Clock::time_point StallWatch::NextLook() const {
  Clock::time_point next = Clock::time_point::max();
  if (warning_.count() > 0) next = std::min(next, looked_at_ + std::max(warning_ / kLooks, Milliseconds(1)));
  if (limit_.count() > 0) {
    const bool heard = target_->beats != told_beats_;
    // Told of once, a silence lasts until the next beat, of which nobody wakes this thread: look again in a while.
    next = std::min({next, (heard ? target_->beat_at : looked_at_) + limit_, looked_at_ + kLongestSleep});
  }
  return next;
}

void StallWatch::Look(Clock::time_point now) {
  looked_at_ = now;
  LookForTurns(now);
  LookForBeats(now);
}

void StallWatch::LookForTurns(Clock::time_point now) {
  const uint64_t turn = target_->turned_at.load(std::memory_order_relaxed);
  const uint64_t idle = uv_metrics_idle_time(loop_);
  const auto waited_before = std::exchange(waited_, target_->cpu_wait.Total());
  const bool has_turned = std::exchange(seen_turn_, turn) != turn;
  const bool has_waited = std::exchange(seen_idle_, idle) != idle;
  const bool was_early = std::exchange(target_->is_early, false);
  if (!has_turned && !has_waited) {
    if (was_early) is_stalled_ = false;
    if (is_stalled_ || warning_.count() == 0 || now - StillSince() < warning_) return;
    is_stalled_ = true;
    Ask(Missed::kTurn, StillSince());
    return;
  }
  const Clock::time_point last_turn{Milliseconds(turn)};
  const bool was_told = std::exchange(target_->is_told, false);
  if (std::exchange(is_stalled_, false)) {
    const Clock::time_point end = has_turned ? std::clamp(last_turn, turned_at_, now) : now;
    // What it was not asked in time about may have been a wait for a CPU, which is known only now.
    if (was_told || end - StillSince() >= warning_) target_->found += StallOver(end);
  }
  // How much of what it waited for a CPU since the look before came behind the turn is not known: all of it is taken to.
  Turned(has_waited ? now : std::min(last_turn, now), waited_before);
}

void StallWatch::Turned(Clock::time_point now, std::chrono::nanoseconds waited) {
  turned_at_ = now;
  waited_at_turn_ = waited;
}

StallWatch::Clock::time_point StallWatch::StillSince() const { return turned_at_ + (waited_ - waited_at_turn_); }

std::string StallWatch::StallOver(Clock::time_point end) const {
  return Head("stallOver", number_, std::max(end - StillSince(), Clock::duration::zero())) + "}\n";
}

void StallWatch::LookForBeats(Clock::time_point now) {
  if (limit_.count() == 0 || target_->beats == told_beats_ || now - target_->beat_at < limit_) return;
  told_beats_ = target_->beats;
  Ask(Missed::kBeat, target_->beat_at);
}

void StallWatch::Ask(Missed missed, Clock::time_point since) {
  struct Errand {
    std::shared_ptr<Target> target;
    Missed missed;
    Clock::time_point since;
    int number;
    uint64_t turn;
    uint64_t beats;
    Milliseconds warning;
    std::chrono::nanoseconds waited;
  };
  auto errand =
      std::make_unique<Errand>(target_, missed, since, number_, seen_turn_, target_->beats, warning_, waited_);
  const auto run = [](void* isolate, void* data) {
    const std::unique_ptr<Errand> errand(static_cast<Errand*>(data));
    Target& target = *errand->target;
    if (target.stopped) return;
    // It may have come round before the interrupt did.
    const bool has_turned = target.turned_at.load(std::memory_order_relaxed) != errand->turn;
    if (errand->missed == Missed::kTurn && has_turned) return;
    // This thread runs, so that all of its waits are counted here, the one too that was going on when it was asked.
    const auto since = errand->since + (target.cpu_wait.Total() - errand->waited);
    if (errand->missed == Missed::kTurn && Clock::now() - since < errand->warning) {
      const std::lock_guard lock(target.mutex);
      target.is_early = true;
      return;
    }
    const std::string stack = target.capture(isolate);
    const std::lock_guard lock(target.mutex);
    if (errand->missed == Missed::kBeat && target.beats != errand->beats) return;
    const char* const isLast = errand->missed == Missed::kBeat ? ",\"last\":true," : ",\"last\":false,";
    if (errand->missed == Missed::kTurn) target.is_told = true;
    const auto began = errand->missed == Missed::kTurn ? since : errand->since;
    target.found += Head("stall", errand->number, Clock::now() - began) + isLast + stack + "}\n";
    target.changed.notify_one();
  };
  RequestInterrupt()(isolate_, run, errand.release());
}

}  // namespace picoev
