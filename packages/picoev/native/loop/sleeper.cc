#include "loop/sleeper.h"

#include <fcntl.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "base/uv_handle.h"

namespace picoev {
namespace {

/// The poller's descriptor is level-triggered in libuv's eyes: nothing needs to be done between the turns.
class DescriptorSleeper final : public Sleeper {
 public:
  static Result<std::unique_ptr<Sleeper>> Start(uv_loop_t* loop, int fd, Owner& owner) {
    auto raw = std::make_unique<uv_poll_t>();
    const int error = uv_poll_init(loop, raw.get(), fd);
    if (error != 0) return Failure{.syscall = "epoll_ctl", .error = -error};
    std::unique_ptr<DescriptorSleeper> sleeper(new DescriptorSleeper(UvHandle<uv_poll_t>(raw.release()), owner));
    uv_poll_start(sleeper->poll_.get(), UV_READABLE,
                  [](uv_poll_t* handle, int, int) { static_cast<DescriptorSleeper*>(handle->data)->owner_.OnReady(); });
    return sleeper;
  }

  void Sleep() override {}
  void Interrupt() override {}

 private:
  DescriptorSleeper(UvHandle<uv_poll_t> poll, Owner& owner) : poll_(std::move(poll)), owner_(owner) {
    poll_->data = this;
  }

  const UvHandle<uv_poll_t> poll_;
  Owner& owner_;
};

/// The thread waits for a snapshot, sleeps on it, and tells the loop when that ends; then it waits for the next one.
class ThreadSleeper final : public Sleeper {
 public:
  static Result<std::unique_ptr<Sleeper>> Start(uv_loop_t* loop, const Poller& poller, Owner& owner) {
    int ends[2];
    if (pipe(ends) != 0) return FromErrno("pipe");
    std::unique_ptr<ThreadSleeper> sleeper(new ThreadSleeper(poller, owner, UniqueFd(ends[0]), UniqueFd(ends[1])));
    for (const int end : ends) {
      if (fcntl(end, F_SETFD, FD_CLOEXEC) != 0 || fcntl(end, F_SETFL, O_NONBLOCK) != 0) return FromErrno("fcntl");
    }
    int error = sleeper->StartAsync(loop);
    if (error != 0) return Failure{.syscall = "uv_async_init", .error = -error};
    error = uv_thread_create(
        &sleeper->thread_, [](void* self) { static_cast<ThreadSleeper*>(self)->Run(); }, sleeper.get());
    if (error != 0) return Failure{.syscall = "pthread_create", .error = -error};
    sleeper->started_ = true;
    return sleeper;
  }

  ~ThreadSleeper() override {
    if (!started_) return;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      Rouse();
    }
    uv_thread_join(&thread_);
  }

  void Sleep() override {
    poller_.Snapshot(scratch_);
    const std::lock_guard lock(mutex_);
    if (state_ == State::kAsleep && Same(scratch_, handed_)) return;
    handed_ = scratch_;
    fresh_ = true;
    Rouse();
  }

  void Interrupt() override { uv_async_send(async_.get()); }

 private:
  enum class State { kIdle, kAsleep };

  ThreadSleeper(const Poller& poller, Owner& owner, UniqueFd wake_read, UniqueFd wake_write)
      : poller_(poller), owner_(owner), wake_read_(std::move(wake_read)), wake_write_(std::move(wake_write)) {}

  int StartAsync(uv_loop_t* loop) {
    auto raw = std::make_unique<uv_async_t>();
    const int error = uv_async_init(
        loop, raw.get(), [](uv_async_t* handle) { static_cast<ThreadSleeper*>(handle->data)->owner_.OnReady(); });
    if (error != 0) return error;
    raw->data = this;
    async_.reset(raw.release());
    return 0;
  }

  static bool Same(const std::vector<pollfd>& a, const std::vector<pollfd>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const pollfd& x, const pollfd& y) { return x.fd == y.fd && x.events == y.events; });
  }

  /// With the mutex held. A full pipe is as good: the thread has not read it yet.
  void Rouse() {
    if (state_ == State::kIdle) {
      changed_.notify_one();
    } else {
      [[maybe_unused]] const ssize_t written = write(wake_write_.Get(), "", 1);
    }
  }

  /// The thread.
  void Run() {
    std::vector<pollfd> watched;
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return fresh_ || stopping_; });
      if (stopping_) return;
      fresh_ = false;
      watched = handed_;
      watched.push_back({wake_read_.Get(), POLLIN, 0});
      const bool found = SleepOn(watched, lock);
      // A newer snapshot finds what this one did, and tells it if it is still watched.
      if (found && !fresh_) uv_async_send(async_.get());
    }
  }

  /// Until there is something in what is watched, or a newer snapshot. The thread may also be roused by a byte that was
  /// meant for an earlier sleep. select(2) would tell the same, so its poller too is slept for by poll(2).
  bool SleepOn(std::vector<pollfd>& watched, std::unique_lock<std::mutex>& lock) {
    bool found = false;
    state_ = State::kAsleep;
    while (!found && !fresh_ && !stopping_) {
      lock.unlock();
      const int ready = poll(watched.data(), static_cast<nfds_t>(watched.size()), -1);
      const bool roused = ready > 0 && watched.back().revents != 0;
      if (roused) DrainWakePipe();
      found = ready > (roused ? 1 : 0);
      lock.lock();
    }
    state_ = State::kIdle;
    return found;
  }

  void DrainWakePipe() const {
    char bytes[64];
    while (read(wake_read_.Get(), bytes, sizeof bytes) > 0) {
    }
  }

  const Poller& poller_;
  Owner& owner_;
  const UniqueFd wake_read_;
  const UniqueFd wake_write_;
  UvHandle<uv_async_t> async_;
  uv_thread_t thread_{};
  bool started_ = false;
  /// The loop's, kept for its memory.
  std::vector<pollfd> scratch_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Below: under the mutex.
  std::vector<pollfd> handed_;
  bool fresh_ = false;
  bool stopping_ = false;
  State state_ = State::kIdle;
};

}  // namespace

Result<std::unique_ptr<Sleeper>> Sleeper::Start(uv_loop_t* loop, const Poller& poller, Owner& owner) {
  const int fd = poller.Descriptor();
  return fd >= 0 ? DescriptorSleeper::Start(loop, fd, owner) : ThreadSleeper::Start(loop, poller, owner);
}

}  // namespace picoev
