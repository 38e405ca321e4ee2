// Listening sockets, as exact as bind(2) and listen(2) allow. Pure POSIX.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/failure.h"
#include "base/unique_fd.h"

namespace picoev {

struct TcpOptions {
  int backlog;
  /// SO_REUSEPORT: several sockets may listen at one port.
  bool reuse_port;
  /// IPV6_V6ONLY; without it an IPv6 socket takes IPv4 connections too.
  bool ipv6_only;
};

/// Listens at the first address that `host` stands for. Empty or `*` is every IPv4 address, or every IPv6 one under
/// `ipv6_only`; `::` is both.
Result<UniqueFd> ListenTcp(const std::string& host, uint16_t port, const TcpOptions& options);

/// Listens at a path of the file system. A socket that nobody serves is replaced; nothing else that exists there is
/// touched. `mode` is for the socket's file; without it the umask decides.
Result<UniqueFd> ListenUnix(const std::string& path, int backlog, std::optional<mode_t> mode);

/// Takes over a stream socket that listens already, as systemd or a parent process hands it down: checks that it is
/// one, and makes it non-blocking, close-on-exec and `backlog` deep. It is not closed when that fails.
std::optional<Failure> AdoptListener(int fd, int backlog);

/// A failure when `fd` is anything but a stream socket that listens.
std::optional<Failure> RequireListener(int fd);

/// Connections that wait in the queue of a listening socket. Where the system does not tell how many (a unix socket, and
/// all of them outside Linux), 1 stands for any number.
uint32_t CountWaiting(int listener);

/// The connection that has waited longest: non-blocking, close-on-exec and, for TCP, without Nagle's delay. Not valid where there is
/// none, or it had failed (errno).
UniqueFd AcceptOne(int listener);

/// Whether a socket speaks TCP rather than being a unix socket.
bool IsTcp(int fd);

struct TcpAddress {
  std::string host;
  uint16_t port;
};
struct UnixAddress {
  std::string path;
};
using BoundAddress = std::variant<TcpAddress, UnixAddress>;

Result<BoundAddress> AddressOf(int fd);

}  // namespace picoev
