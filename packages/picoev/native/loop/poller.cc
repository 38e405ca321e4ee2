#include "loop/poller.h"

#include "loop/poller_backends.h"

namespace picoev {

std::unique_ptr<Poller> Poller::Create(Multiplexer kind) {
  switch (kind) {
#ifdef __linux__
    case Multiplexer::kEpollEdge:
      return MakeEpollPoller(Trigger::kEdge);
    case Multiplexer::kEpollLevel:
      return MakeEpollPoller(Trigger::kLevel);
#endif
    case Multiplexer::kSelect:
      return MakeSelectPoller();
    default:
      return MakePollPoller();
  }
}

}  // namespace picoev
