#include "net/datagram.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/unique_fd.h"

namespace picoev {

std::optional<Failure> SendDatagram(std::string_view path, std::string_view text) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // The rest of it stays zero: a path ends there, an abstract name ends where the length says.
  if (path.empty()) return Failure{.syscall = "sendto", .error = EINVAL};
  if (path.size() >= sizeof(address.sun_path)) return Failure{.syscall = "sendto", .error = ENAMETOOLONG};
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());

  const UniqueFd sender(socket(AF_UNIX, SOCK_DGRAM, 0));
  if (!sender.IsValid()) return FromErrno("socket");
  if (fcntl(sender.Get(), F_SETFD, FD_CLOEXEC) < 0) return FromErrno("fcntl");
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  if (sendto(sender.Get(), text.data(), text.size(), MSG_DONTWAIT, to, length) < 0) return FromErrno("sendto");
  return std::nullopt;
}

}  // namespace picoev
