// For how long a thread has wanted to run and no CPU was free: another's work, or the limit of a control group.
#pragma once

#include <chrono>

#include "base/unique_fd.h"

namespace picoev {

class CpuWait {
 public:
  /// Of the thread that this is called on.
  CpuWait();

  /// In all its life until now, as the kernel counts it. Zero where that is not told: macOS, a kernel without CONFIG_SCHED_INFO.
  std::chrono::nanoseconds Total() const;

 private:
  UniqueFd counts_;
};

}  // namespace picoev
