// Writing to a descriptor whose flags are not ours to change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/failure.h"

namespace picoev {

/// Writes what can be written without waiting; EAGAIN when that is nothing. O_NONBLOCK belongs to what all processes share that
/// have inherited a standard stream, so it is neither needed here nor touched. Raises no SIGPIPE for a socket.
///
/// One gap: before Linux 6.4, and on other systems, a pipe or terminal is asked first whether it has room, and another process
/// may take that before the write does, which then waits.
Result<size_t> WriteNow(int fd, std::span<const uint8_t> bytes);

}  // namespace picoev
