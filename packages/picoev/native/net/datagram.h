// One datagram to a unix socket: Node has none of this kind.
#pragma once

#include <optional>
#include <string_view>

#include "base/failure.h"

namespace picoev {

/// Sends `text` to the socket at `path`, or to an abstract one where that begins with `@`. Does not wait: EAGAIN when its reader has
/// no room for it, ENAMETOOLONG for a path that no socket can have.
std::optional<Failure> SendDatagram(std::string_view path, std::string_view text);

}  // namespace picoev
