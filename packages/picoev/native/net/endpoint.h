// One end of a TCP connection: an IP address and a port.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace picoev {

struct Endpoint {
  /// As IPv6; one of IPv4 is mapped into it (RFC 4291, 2.5.5.2).
  std::array<uint8_t, 16> address{};
  uint16_t port = 0;
  /// How it is written: a mapped address may be one of IPv6, of a socket that takes both.
  bool is_ipv6 = false;

  static Endpoint OfIpv4(const uint8_t* address, uint16_t port);
  static Endpoint OfIpv6(const uint8_t* address, uint16_t port);

  bool IsMapped() const;
  /// Without its port.
  std::string Text() const;
};

/// Whose other end a connection is.
struct Peer {
  /// The other end of a unix socket has no address.
  bool is_unix = false;
  std::optional<Endpoint> endpoint;

  /// Its client has reset it.
  bool IsGone() const { return !is_unix && !endpoint; }
};

/// Neither, where the connection is none any more.
Peer PeerOf(int fd);
/// Nothing of a unix socket.
std::optional<Endpoint> LocalOf(int fd);

}  // namespace picoev
