// The header by which a proxy says whose connection it passes on: PROXY protocol, versions 1 and 2
// (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt). Pure: bytes in, facts out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "net/endpoint.h"

namespace picoev {

/// The longest header that is taken, with all that proxies append (TLVs): as much as nginx takes.
inline constexpr size_t kMostProxyHeader = 4096;

/// Why a connection is closed, beside what its bytes tell.
inline constexpr const char* kNoProxyOfOurs = "it does not come from one of proxyAllowFrom";
inline constexpr const char* kProxyHeaderCut = "its PROXY header is cut";
inline constexpr const char* kProxyHeaderLate = "its PROXY header did not come in time";

struct ProxyHeader {
  enum class Kind : uint8_t {
    /// All that has come belongs to it, and more will.
    kPartial,
    kComplete,
    kRefused,
  };
  Kind kind = Kind::kPartial;
  /// Of a complete one: its bytes.
  size_t size = 0;
  /// Of a complete one: the client. Nothing where the proxy speaks for itself (LOCAL), or says nothing that would be an address (UNKNOWN,
  /// a unix socket): then it is the connection's own other end.
  std::optional<Endpoint> client = std::nullopt;
  /// Of a refused one, for the log. Static storage.
  const char* reason = nullptr;
};

/// `bytes` are all that the connection has sent.
ProxyHeader ParseProxyHeader(std::span<const uint8_t> bytes);

}  // namespace picoev
