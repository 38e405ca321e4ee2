// select: two bitmaps of FD_SETSIZE (1024) descriptors go into the kernel with each call, and come back as answers. It has
// no word for the end of who is not read: of those few descriptors poll is asked.
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
    std::erase_if(asked_, [fd](const pollfd& entry) { return entry.fd == fd; });
    if ((interest & kReadable) == 0 && (interest & (kEnd | kHangUp)) != 0) {
      asked_.push_back({fd, static_cast<int16_t>((interest & kEnd) != 0 ? kPollEnd : 0), 0});
    }
    if (interest != 0) end_ = std::max(end_, fd + 1);
    while (end_ > 0 && InterestIn(end_ - 1, readable_, writable_) == 0) --end_;
    return true;
  }

  uint32_t Wait(std::span<Ready> ready, int milliseconds) override {
    fd_set readable = readable_;
    fd_set writable = writable_;
    timeval timeout{.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    uint32_t count = AskPoll(ready);
    if (count > 0) timeout = {};
    const bool waits = milliseconds < 0 && count == 0;
    if (select(end_, &readable, &writable, nullptr, waits ? nullptr : &timeout) <= 0) return count;
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
    watched.insert(watched.end(), asked_.begin(), asked_.end());
  }

 private:
  uint32_t AskPoll(std::span<Ready> ready) {
    if (asked_.empty() || poll(asked_.data(), static_cast<nfds_t>(asked_.size()), 0) <= 0) return 0;
    uint32_t count = 0;
    for (const pollfd& entry : asked_) {
      if (entry.revents == 0 || count == ready.size()) continue;
      ready[count++] = {entry.fd, kReadable, (entry.revents & (POLLHUP | POLLERR)) != 0, true};
    }
    return count;
  }

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
  /// Watched for an end or a hang-up, and not to be read.
  std::vector<pollfd> asked_;
  /// One more than the highest descriptor that is watched.
  int end_ = 0;
  int next_ = 0;
};

}  // namespace

std::unique_ptr<Poller> MakeSelectPoller() { return std::make_unique<SelectPoller>(); }

}  // namespace picoev
