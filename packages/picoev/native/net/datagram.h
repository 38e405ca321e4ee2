// One datagram to a unix socket: Node has none of this kind.
#pragma once

#include <optional>
#include <string_view>

#include "base/failure.h"

namespace picoev {

/// Sends `text` to the socket at `path`, or to an abstract one where that begins with `@`. Does not wait: EAGAIN when its reader has
/// no room for it, ENAMETOOLONG for a path that no socket can have. Its reader gets a descriptor of its own for what `fd` is, where
/// that is not negative: SCM_RIGHTS, unix(7).
std::optional<Failure> SendDatagram(std::string_view path, std::string_view text, int fd = -1);

}  // namespace picoev
