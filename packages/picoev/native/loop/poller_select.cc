// select: two bitmaps of FD_SETSIZE (1024) descriptors go into the kernel with each call, and come back as answers.
#include <sys/select.h>

#include <algorithm>
#include <cerrno>

#include "loop/poller_backends.h"

namespace picoev {
namespace {

class SelectPoller final : public Poller {
 public:
  SelectPoller() {
    FD_ZERO(&readable_);
    FD_ZERO(&writable_);
  }

  bool Watch(int fd, uint8_t interest) override {
    if (fd >= FD_SETSIZE) {
      errno = EMFILE;
      return interest == 0;
    }
    Put(fd, (interest & kReadable) != 0, readable_);
    Put(fd, (interest & kWritable) != 0, writable_);
    if (interest != 0) end_ = std::max(end_, fd + 1);
    while (end_ > 0 && InterestIn(end_ - 1, readable_, writable_) == 0) --end_;
    return true;
  }

  uint32_t Wait(std::span<Ready> ready, int milliseconds) override {
    fd_set readable = readable_;
    fd_set writable = writable_;
    timeval timeout{.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    if (select(end_, &readable, &writable, nullptr, milliseconds < 0 ? nullptr : &timeout) <= 0) return 0;
    uint32_t count = 0;
    // Begins behind where the last call ended, so that nobody starves when there is more than fits.
    for (int looked = 0; looked < end_ && count < ready.size(); ++looked) {
      if (++next_ >= end_) next_ = 0;
      const uint8_t interest = InterestIn(next_, readable, writable);
      if (interest != 0) ready[count++] = {next_, interest, false};
    }
    return count;
  }

  void Snapshot(std::vector<pollfd>& watched) const override {
    watched.clear();
    for (int fd = 0; fd < end_; ++fd) {
      int events = 0;
      if (FD_ISSET(fd, &readable_)) events |= POLLIN;
      if (FD_ISSET(fd, &writable_)) events |= POLLOUT;
      if (events != 0) watched.push_back({fd, static_cast<int16_t>(events), 0});
    }
  }

 private:
  static void Put(int fd, bool in, fd_set& set) {
    if (in) {
      FD_SET(fd, &set);
    } else {
      FD_CLR(fd, &set);
    }
  }

  static uint8_t InterestIn(int fd, const fd_set& readable, const fd_set& writable) {
    return static_cast<uint8_t>((FD_ISSET(fd, &readable) ? kReadable : 0) | (FD_ISSET(fd, &writable) ? kWritable : 0));
  }

  fd_set readable_;
  fd_set writable_;
  /// One more than the highest descriptor that is watched.
  int end_ = 0;
  int next_ = 0;
};

}  // namespace

std::unique_ptr<Poller> MakeSelectPoller() { return std::make_unique<SelectPoller>(); }

}  // namespace picoev
