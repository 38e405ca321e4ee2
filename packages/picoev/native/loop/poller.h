// A multiplexer: tells which descriptors are ready. Three backends (poller_epoll.cc, poller_poll.cc, poller_select.cc).
// Level or edge is the backend's affair: under level-triggering a half-read descriptor is told again, under
// edge-triggering it is not.
#pragma once

#include <poll.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace picoev {

/// Where there is no epoll (macOS), both of its kinds are poll, which is level-triggered.
enum class Multiplexer : uint8_t { kEpollEdge, kEpollLevel, kPoll, kSelect };

/// What a descriptor is watched for; bits.
enum Interest : uint8_t {
  kReadable = 1,
  kWritable = 2,
  /// Nothing but a hang-up, which is told in any case; under select only of what is not watched to be read.
  kHangUp = 4,
  /// That the other side will send no more, while what it has sent is not read. Not on macOS, where poll cannot say so.
  kEnd = 8,
};

struct Ready {
  int fd;
  /// Bits of Interest. An error or a hang-up makes a descriptor readable and writable: the next call tells which.
  uint8_t interest;
  /// The connection is reset or fully closed: EPOLLHUP or EPOLLERR. select cannot tell, of what it reads.
  bool hung_up;
  /// The other side will send no more. Under edge-triggering this is not told again to who has read only what came
  /// before it: read on until the end shows. Only epoll says so to who has not asked by kEnd.
  bool ended = false;
};

class Poller {
 public:
  /// Null when the system has no descriptor for it; errno says why.
  static std::unique_ptr<Poller> Create(Multiplexer kind);
  virtual ~Poller() = default;

  /// Watches a descriptor from now on, or changes what it is watched for; 0 stops it. What is ready already is told,
  /// under edge-triggering too, and again with each such call. False leaves the descriptor unwatched, with an errno:
  /// EMFILE when it is beyond FD_SETSIZE under select, ENOSPC or ENOMEM of the kernel. A descriptor must be unwatched
  /// before it is closed.
  [[nodiscard]] virtual bool Watch(int fd, uint8_t interest) = 0;

  /// Fills `ready` and returns how many; waits for at most so many milliseconds, -1 for ever. What did not fit is told
  /// by the next call. 0 also when a signal came.
  virtual uint32_t Wait(std::span<Ready> ready, int milliseconds) = 0;

  /// A descriptor that is readable when Wait() would find something, for the loop that this one lives in; -1 when there
  /// is none.
  virtual int Descriptor() const { return -1; }

  /// Of a multiplexer without a descriptor: what is watched, for a thread that waits for it (sleeper.h). Replaces what
  /// `watched` had.
  virtual void Snapshot(std::vector<pollfd>& watched) const { watched.clear(); }
};

}  // namespace picoev
