#include "watch/time_slice.h"

#ifdef __linux__
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#endif

namespace picoev {

#ifdef __linux__
namespace {

/// The shortest that the kernel takes.
constexpr uint64_t kNanoseconds = 100'000;
/// SCHED_FLAG_RESET_ON_FORK.
constexpr uint64_t kResetOnFork = 1;

/// struct sched_attr, as its first version has it: C libraries of today do not.
struct Attributes {
  uint32_t size = sizeof(Attributes);
  uint32_t policy = 0;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  /// Of a thread without a deadline: its time slice.
  uint64_t runtime = 0;
  uint64_t deadline = 0;
  uint64_t period = 0;
};
static_assert(sizeof(Attributes) == 48);

}  // namespace

bool ShortenTimeSlice() {
  Attributes attributes;
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return false;
  // Starting anew takes a priority above the usual one away from children.
  if (attributes.policy != SCHED_OTHER || attributes.nice < 0) return false;
  attributes.flags |= kResetOnFork;
  attributes.runtime = kNanoseconds;
  return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0;
}
#else
bool ShortenTimeSlice() { return false; }
#endif

}  // namespace picoev
