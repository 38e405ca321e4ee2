// epoll: the kernel keeps the watched set and a list of what became ready, so that waiting costs by what is ready and
// not by what is watched.
#ifdef __linux__

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "loop/poller_backends.h"
#include "base/unique_fd.h"

namespace picoev {
namespace {

class EpollPoller final : public Poller {
 public:
  EpollPoller(UniqueFd epoll, Trigger trigger) : epoll_(std::move(epoll)), trigger_(trigger) {}

  bool Watch(int fd, uint8_t interest) override {
    const auto index = static_cast<size_t>(fd);
    if (index >= watched_.size()) watched_.resize(std::max(index + 1, watched_.size() * 2));
    if (interest == 0 && !watched_[index]) return true;
    const int operation = interest == 0 ? EPOLL_CTL_DEL : watched_[index] ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    epoll_event event{.events = EventsOf(interest), .data = {.fd = fd}};
    const bool done = epoll_ctl(epoll_.Get(), operation, fd, &event) == 0;
    watched_[index] = done && interest != 0;
    return done;
  }

  uint32_t Wait(std::span<Ready> ready, int milliseconds) override {
    std::array<epoll_event, 256> events;
    const int room = static_cast<int>(std::min(events.size(), ready.size()));
    const int count = epoll_wait(epoll_.Get(), events.data(), room, milliseconds);
    for (int i = 0; i < count; ++i) ready[static_cast<size_t>(i)] = ReadyOf(events[static_cast<size_t>(i)]);
    return static_cast<uint32_t>(std::max(count, 0));
  }

  int Descriptor() const override { return epoll_.Get(); }

 private:
  uint32_t EventsOf(uint8_t interest) const {
    uint32_t events = trigger_ == Trigger::kEdge ? uint32_t{EPOLLET} : 0;
    if ((interest & kReadable) != 0) events |= EPOLLIN | EPOLLRDHUP;
    if ((interest & kWritable) != 0) events |= EPOLLOUT;
    if ((interest & kEnd) != 0) events |= EPOLLRDHUP;
    return events;
  }

  static Ready ReadyOf(const epoll_event& event) {
    const bool hung_up = (event.events & (EPOLLHUP | EPOLLERR)) != 0;
    uint8_t interest = hung_up ? kReadable | kWritable : 0;
    if ((event.events & (EPOLLIN | EPOLLRDHUP)) != 0) interest |= kReadable;
    if ((event.events & EPOLLOUT) != 0) interest |= kWritable;
    return {event.data.fd, interest, hung_up, hung_up || (event.events & EPOLLRDHUP) != 0};
  }

  const UniqueFd epoll_;
  const Trigger trigger_;
  /// By descriptor: the kernel wants to be told whether one is new to it.
  std::vector<bool> watched_;
};

}  // namespace

std::unique_ptr<Poller> MakeEpollPoller(Trigger trigger) {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.IsValid()) return nullptr;
  return std::make_unique<EpollPoller>(std::move(epoll), trigger);
}

}  // namespace picoev

#endif
