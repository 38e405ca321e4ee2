#include "net/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <span>

namespace picoev {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// AF_UNSPEC where there is nothing to tell.
sa_family_t Ask(int fd, int (*ask)(int, sockaddr*, socklen_t*), std::optional<Endpoint>& endpoint) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (ask(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return AF_UNSPEC;
  if (storage.ss_family == AF_INET) {
    const auto& name = reinterpret_cast<const sockaddr_in&>(storage);
    endpoint = Endpoint::OfIpv4(reinterpret_cast<const uint8_t*>(&name.sin_addr), ntohs(name.sin_port));
  } else if (storage.ss_family == AF_INET6) {
    const auto& name = reinterpret_cast<const sockaddr_in6&>(storage);
    endpoint = Endpoint::OfIpv6(name.sin6_addr.s6_addr, ntohs(name.sin6_port));
  }
  return storage.ss_family;
}

}  // namespace

Endpoint Endpoint::OfIpv4(const uint8_t* address, uint16_t port) {
  Endpoint endpoint{.port = port};
  std::ranges::copy(kMappedPrefix, endpoint.address.begin());
  std::copy_n(address, 4, endpoint.address.begin() + kMappedPrefix.size());
  return endpoint;
}

Endpoint Endpoint::OfIpv6(const uint8_t* address, uint16_t port) {
  Endpoint endpoint{.port = port, .is_ipv6 = true};
  std::copy_n(address, 16, endpoint.address.begin());
  return endpoint;
}

bool Endpoint::IsMapped() const {
  return std::ranges::equal(kMappedPrefix, std::span(address).first(kMappedPrefix.size()));
}

std::string Endpoint::Text() const {
  char text[INET6_ADDRSTRLEN] = {};
  const uint8_t* bytes = is_ipv6 ? address.data() : address.data() + kMappedPrefix.size();
  inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, bytes, text, sizeof text);
  return text;
}

Peer PeerOf(int fd) {
  Peer peer;
  peer.is_unix = Ask(fd, getpeername, peer.endpoint) == AF_UNIX;
  return peer;
}

std::optional<Endpoint> LocalOf(int fd) {
  std::optional<Endpoint> endpoint;
  Ask(fd, getsockname, endpoint);
  return endpoint;
}

}  // namespace picoev
