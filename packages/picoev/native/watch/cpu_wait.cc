#include "watch/cpu_wait.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string_view>

namespace picoev {

// Documentation/scheduler/sched-stats.rst: nanoseconds on a CPU, nanoseconds waiting for one, times that it got one.
CpuWait::CpuWait() : counts_(open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {}

std::chrono::nanoseconds CpuWait::Total() const {
  if (!counts_.IsValid()) return {};
  std::array<char, 80> text;
  const ssize_t size = pread(counts_.Get(), text.data(), text.size(), 0);
  if (size <= 0) return {};
  const std::string_view all(text.data(), static_cast<size_t>(size));
  const size_t first = all.find(' ');
  if (first == std::string_view::npos) return {};
  int64_t waited = 0;
  std::from_chars(all.data() + first + 1, all.data() + all.size(), waited);
  return std::chrono::nanoseconds(waited);
}

}  // namespace picoev
