#include "watch/alarm.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace picoev {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

/// A ring that comes so much later than it was due found the process stopped, or the machine asleep.
constexpr int64_t kLate = kSecond / 2;

// Of the signal's handler too, which may run on any thread and at any place.
std::atomic<int64_t> due{0};
std::atomic<unsigned> grace_seconds{0};
std::atomic<unsigned> rings{0};
static_assert(std::atomic<int64_t>::is_always_lock_free && std::atomic<unsigned>::is_always_lock_free);

int64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

void End() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  sigaction(SIGALRM, &action, nullptr);
  kill(getpid(), SIGALRM);
}

void Ring(int) {
  const int before = errno;
  const int64_t now = Now();
  const bool is_late = now - due.exchange(now + kSecond) > kLate;
  if (is_late) {
    rings = 0;
  } else if (rings.fetch_add(1) >= grace_seconds) {
    End();
  }
  errno = before;
}

/// Once: a program that listens for the signal itself has it then, and must see to its end.
void Install() {
  static const bool installed = [] {
    struct sigaction action {};
    action.sa_handler = Ring;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    return sigaction(SIGALRM, &action, nullptr) == 0;
  }();
  (void)installed;
}

}  // namespace

void SetAlarm(unsigned seconds, unsigned grace) {
  Install();
  due = Now() + seconds * kSecond;
  grace_seconds = grace;
  rings = 0;
  itimerval timer{};
  timer.it_value.tv_sec = seconds;
  timer.it_interval.tv_sec = seconds == 0 ? 0 : 1;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace picoev
