// For how long what a client has sent has waited to be looked at: overload, as the client feels it.
#pragma once

#include <uv.h>

#include <cstdint>

#include "base/uv_handle.h"

namespace picoev {

class QueueWait {
 public:
  explicit QueueWait(uv_loop_t* loop);
  QueueWait(const QueueWait&) = delete;
  QueueWait& operator=(const QueueWait&) = delete;

  /// Milliseconds since a connection has last received something, as the kernel tells of TCP (Linux). Elsewhere the most that it
  /// can be, if it was found in this turn of the loop: the time for which the loop has been busy since it looked the time before.
  uint64_t Of(int fd) const;

 private:
  /// When the loop looked, and how long it had been idle in all until then, in nanoseconds.
  struct Look {
    uint64_t at;
    uint64_t idle;
  };

  Look Now() const;

  uv_loop_t* const loop_;
  Look before_;
  Look last_;
  UvHandle<uv_prepare_t> turn_;
};

}  // namespace picoev
