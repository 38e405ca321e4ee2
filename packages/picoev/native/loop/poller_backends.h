// The constructors of Poller's backends, for poller.cc alone.
#pragma once

#include <poll.h>

#include <memory>

#include "loop/poller.h"

namespace picoev {

/// What poll(2) calls the end of the other side.
#ifdef POLLRDHUP
constexpr int kPollEnd = POLLRDHUP;
#else
constexpr int kPollEnd = 0;
#endif

enum class Trigger : uint8_t { kEdge, kLevel };

/// Null when there are no descriptors left. Only on Linux.
std::unique_ptr<Poller> MakeEpollPoller(Trigger trigger);
std::unique_ptr<Poller> MakePollPoller();
std::unique_ptr<Poller> MakeSelectPoller();

}  // namespace picoev
