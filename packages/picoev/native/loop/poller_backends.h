// The constructors of Poller's backends, for poller.cc alone.
#pragma once

#include <memory>

#include "loop/poller.h"

namespace picoev {

enum class Trigger : uint8_t { kEdge, kLevel };

/// Null when there are no descriptors left. Only on Linux.
std::unique_ptr<Poller> MakeEpollPoller(Trigger trigger);
std::unique_ptr<Poller> MakePollPoller();
std::unique_ptr<Poller> MakeSelectPoller();

}  // namespace picoev
