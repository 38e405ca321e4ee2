// What a failed call tells: which call, and why. `Result` is either a value or that.
#pragma once

#include <cerrno>
#include <string>
#include <utility>
#include <variant>

namespace picoev {

struct Failure {
  /// Whose number `error` is: an errno, or an EAI_ value of getaddrinfo(3).
  enum class Domain { kSystem, kResolver };

  const char* syscall;
  int error;
  Domain domain = Domain::kSystem;
  /// Says more than the error's own text could; empty when that says it all.
  std::string reason = {};
};

/// Call it right after the system call that failed.
inline Failure FromErrno(const char* syscall) { return Failure{.syscall = syscall, .error = errno}; }

template <typename T>
using Result = std::variant<T, Failure>;

}  // namespace picoev
