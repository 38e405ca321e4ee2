#include "net/datagram.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/unique_fd.h"

namespace picoev {

namespace {

/// Where the one descriptor travels: aligned as its header wants it, and zero, as CMSG_NXTHDR(3) does.
union Passenger {
  cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int))];
};

void Board(msghdr& message, Passenger& passenger, int fd) {
  message.msg_control = passenger.bytes;
  message.msg_controllen = sizeof(passenger.bytes);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &fd, sizeof(fd));
}

}  // namespace

std::optional<Failure> SendDatagram(std::string_view path, std::string_view text, int fd) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // The rest of it stays zero: a path ends there, an abstract name ends where the length says.
  if (path.empty()) return Failure{.syscall = "sendmsg", .error = EINVAL};
  if (path.size() >= sizeof(address.sun_path)) return Failure{.syscall = "sendmsg", .error = ENAMETOOLONG};
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';

  const UniqueFd sender(socket(AF_UNIX, SOCK_DGRAM, 0));
  if (!sender.IsValid()) return FromErrno("socket");
  if (fcntl(sender.Get(), F_SETFD, FD_CLOEXEC) < 0) return FromErrno("fcntl");
  iovec words{.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  message.msg_iov = &words;
  message.msg_iovlen = 1;
  Passenger passenger{};
  if (fd >= 0) Board(message, passenger, fd);
  if (sendmsg(sender.Get(), &message, MSG_DONTWAIT) < 0) return FromErrno("sendmsg");
  return std::nullopt;
}

}  // namespace picoev
