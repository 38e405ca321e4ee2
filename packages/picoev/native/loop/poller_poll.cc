// poll: the whole watched set goes into the kernel with each call and is looked through afterwards, whatever is ready.
#include <algorithm>
#include <cstddef>

#include "loop/poller_backends.h"

namespace picoev {
namespace {

class PollPoller final : public Poller {
 public:
  bool Watch(int fd, uint8_t interest) override {
    const auto descriptor = static_cast<size_t>(fd);
    if (descriptor >= index_.size()) index_.resize(std::max(descriptor + 1, index_.size() * 2), kUnwatched);
    uint32_t& index = index_[descriptor];
    if (interest == 0) {
      if (index != kUnwatched) Remove(index);
    } else if (index == kUnwatched) {
      index = static_cast<uint32_t>(watched_.size());
      watched_.push_back({fd, EventsOf(interest), 0});
    } else {
      watched_[index].events = EventsOf(interest);
    }
    return true;
  }

  uint32_t Wait(std::span<Ready> ready, int milliseconds) override {
    const int found = poll(watched_.data(), static_cast<nfds_t>(watched_.size()), milliseconds);
    uint32_t count = 0;
    auto left = static_cast<uint32_t>(std::max(found, 0));
    // Begins behind where the last call ended, so that nobody starves when there is more than fits.
    for (size_t looked = 0; looked < watched_.size() && left > 0 && count < ready.size(); ++looked) {
      if (++next_ >= watched_.size()) next_ = 0;
      if (watched_[next_].revents == 0) continue;
      ready[count++] = ReadyOf(watched_[next_]);
      --left;
    }
    return count;
  }

  void Snapshot(std::vector<pollfd>& watched) const override { watched = watched_; }

 private:
  static constexpr uint32_t kUnwatched = UINT32_MAX;

  static int16_t EventsOf(uint8_t interest) {
    int events = 0;
    if ((interest & kReadable) != 0) events |= POLLIN;
    if ((interest & kWritable) != 0) events |= POLLOUT;
    if ((interest & kEnd) != 0) events |= kPollEnd;
    return static_cast<int16_t>(events);
  }

  static Ready ReadyOf(const pollfd& entry) {
    const bool hung_up = (entry.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
    uint8_t interest = hung_up ? kReadable | kWritable : 0;
    const bool ended = (entry.revents & kPollEnd) != 0;
    if (ended || (entry.revents & POLLIN) != 0) interest |= kReadable;
    if ((entry.revents & POLLOUT) != 0) interest |= kWritable;
    return {entry.fd, interest, hung_up, ended};
  }

  /// The last entry takes the place of the one that goes.
  void Remove(uint32_t index) {
    index_[static_cast<size_t>(watched_.back().fd)] = index;
    index_[static_cast<size_t>(watched_[index].fd)] = kUnwatched;
    watched_[index] = watched_.back();
    watched_.pop_back();
  }

  std::vector<pollfd> watched_;
  /// By descriptor: where it is in `watched_`.
  std::vector<uint32_t> index_;
  size_t next_ = 0;
};

}  // namespace

std::unique_ptr<Poller> MakePollPoller() { return std::make_unique<PollPoller>(); }

}  // namespace picoev
